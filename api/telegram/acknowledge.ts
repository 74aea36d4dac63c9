import { acknowledgeAlert } from '../../sql/alerts/list.ts';
import { text } from '../../workers/notifier/texts/texts.ts';
import { nameOf, type Turn } from './decision.ts';

/** Notes that an admin has taken note of an alert, by its fingerprint. Returns what to say of it. */
export async function acknowledge({ db, now, asker }: Turn, fingerprint: string): Promise<string> {
  const alert = await acknowledgeAlert(db, { fingerprint }, nameOf(asker), now);
  if (!alert) return text(asker.locale, 'bot.ack.gone');
  return text(asker.locale, alert.recovered_at === null ? 'bot.ack.done' : 'bot.ack.over');
}
