import { muteAlert } from '../../sql/alerts/alerts.ts';
import { clockIn } from '../../workers/notifier/templates/run-words.ts';
import { text } from '../../workers/notifier/texts/texts.ts';
import type { Turn } from './decision.ts';

const MUTE_SECONDS = 3_600;

/** Silences an alert for an hour, by its fingerprint. Returns what to say of it. */
export async function mute({ db, now, asker: { locale }, settings }: Turn, fingerprint: string): Promise<string> {
  const until = await muteAlert(db, fingerprint, MUTE_SECONDS, now);
  return until
    ? text(locale, 'bot.mute.done', { until: clockIn(locale, settings.zone, until, now) })
    : text(locale, 'bot.mute.gone');
}
