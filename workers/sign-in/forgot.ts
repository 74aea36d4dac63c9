import type { Fleet } from '../../queues/process/fleet.ts';
import { dayOf } from '../../queues/time/calendar.ts';
import { howToReach } from '../../sql/auth/forgotten.ts';
import { findAccount } from '../../sql/auth/passwords.ts';
import { notifyPeople } from '../../sql/notifications/notify.ts';
import { writeTasks } from '../../sql/tasks/tasks.ts';
import { canMail, sendMail } from '../notifier/channels/mail.ts';
import { momentIn } from '../notifier/templates/wording.ts';
import { text } from '../notifier/texts/texts.ts';
import { makePasswordLink } from './links.ts';
import { countryOf, loginFrom } from './login.ts';

/**
 * Helps whoever a login means to a new password: a link by Telegram, else by e-mail, else a task for the admins. Nothing for a login that
 * nobody has, or several.
 * @param pages where people open the studio's pages
 */
export async function sendPasswordLink({ db, settings }: Fleet, typed: string, pages: string, now: Date) {
  const login = loginFrom(typed, countryOf(settings.zone));
  const account = login && (await findAccount(db, login));
  if (!account) return;
  const mail = await db.transaction(async (transaction) => {
    const userId = account.user_id;
    const person = await howToReach(transaction, userId);
    if (!person) return null;
    const isByMail = !person.by_telegram && person.email !== null && canMail(settings);
    if (!person.by_telegram && !isByMail) {
      const name = `${person.first_name} ${person.last_name}`.trim();
      const title = text(settings.locale, 'task.password_forgotten', { name: name || `#${userId}` });
      const dedupe = `password_forgotten:${userId}:${dayOf(now, settings.zone)}`;
      await writeTasks(transaction, [{ kind: 'password_forgotten', title, details: { person_id: userId }, dedupe }]);
      return null;
    }
    const { path, expires_at } = await makePasswordLink(transaction, userId, 'system', now);
    const url = `${pages}${path}`;
    if (person.by_telegram) {
      const dedupe = `password_link:${userId}:${now.toISOString()}`;
      await notifyPeople(transaction, [{ template: 'password_link', userId, dedupe, params: { url, expires_at } }]);
      return null;
    }
    const locale = person.locale ?? settings.locale;
    const until = momentIn({ locale, zone: settings.zone }, expires_at);
    const lines = [text(locale, 'password_link.what', { until }), url, text(locale, 'password_link.otherwise')];
    return { to: person.email as string, subject: text(locale, 'password_link.subject'), text: lines.join('\n\n') };
  });
  if (mail) await sendMail(settings, mail);
}
