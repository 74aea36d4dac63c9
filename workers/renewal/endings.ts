import { notifyPeople } from '../../sql/notifications/notify.ts';
import { endingKey, nextEnding } from '../../sql/renewal/ending.ts';
import { holderNotices } from '../../sql/sessions/holders.ts';
import type { Part } from './night.ts';

const CHUNK = 2_000;

/** Tells, three days before, that a subscription ends and whether it renews itself (D28). */
export const endings: Part = async (transaction, progress, { date }) => {
  const ending = await nextEnding(transaction, date, progress.place, CHUNK);
  const last = ending.at(-1);
  if (!last) return { ...progress, part: 'unpaid', place: null };
  const notices = ending.flatMap((subscription) =>
    holderNotices(subscription, {
      template: 'subscription_ending',
      dedupe: endingKey(subscription),
      params: {
        end_date: subscription.end_date,
        sessions_left: subscription.sessions_left,
        renews: subscription.renews,
        price_minor: subscription.price_minor,
      },
    }),
  );
  await notifyPeople(transaction, notices);
  return {
    ...progress,
    place: [last.end_date, last.id],
    told: { ...progress.told, ending: progress.told.ending + ending.length },
  };
};
