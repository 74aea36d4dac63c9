import { addDays } from '../../queues/time/calendar.ts';
import { countWaiting, type Expired, expireSubscriptions, studentsToExpire } from '../../sql/cleanup/expiry.ts';
import { lockStudents } from '../../sql/finance/seats.ts';
import { notifyPeople } from '../../sql/notifications/notify.ts';
import { noteForStudio, type StudioNews } from '../../sql/notifications/studio-news.ts';
import { holderNotices } from '../../sql/sessions/holders.ts';
import type { Operation } from './operation.ts';

/** Nobody is notified of what ended longer ago: it comes to light when old records are brought in. */
const NEWS_DAYS = 30;

/** Ends the subscriptions that are over (D27): their sessions leave, their status follows, their students and payers are notified, and so is the studio. */
export const expire: Operation = {
  name: 'subscriptions',
  async batch(transaction, { date, run }, after, size) {
    const students = await studentsToExpire(transaction, date, Number(after ?? 0), size);
    const isLast = students.length < size;
    await lockStudents(transaction, students);
    const expired = students.length > 0 ? await expireSubscriptions(transaction, date, students, run.id) : [];
    const news = expired.filter((subscription) => isNews(subscription, date));
    await notifyPeople(transaction, news.flatMap(noticesOf));
    await noteForStudio(transaction, news.map(forStudio));
    return {
      counts: {
        subscriptions_expired: expired.length,
        sessions_expired: expired.reduce((sum, subscription) => sum + subscription.sessions, 0),
        subscriptions_waiting: isLast ? await countWaiting(transaction, date) : 0,
      },
      after: students.at(-1) ?? after,
      isLast,
    };
  },
};

/** What goes on under another number and lost nothing ends without a word. */
const isNews = ({ end_date, is_renewed, sessions }: Expired, date: string) =>
  end_date >= addDays(date, -NEWS_DAYS) && (!is_renewed || sessions > 0);

const noticesOf = ({ end_date, sessions, ...holder }: Expired) =>
  holderNotices(holder, {
    template: 'subscription_expired',
    dedupe: `subscription_expired:${holder.id}`,
    params: { end_date, sessions_expired: sessions },
  });

const forStudio = ({ id, student_id, student, subscription, end_date, sessions }: Expired): StudioNews => ({
  kind: 'subscription_ended',
  userId: student_id,
  dedupe: `subscription_ended:${id}`,
  params: { student, subscription, end_date, sessions_expired: sessions },
});
