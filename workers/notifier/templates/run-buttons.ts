import type { Locale } from '../../../sql/database/locale.ts';
import { text } from '../texts/texts.ts';
import type { ButtonRows, Reader } from './template.ts';

const button = (locale: Locale, key: 'retry' | 'details' | 'ack' | 'mute', argument: string | number) => ({
  text: text(locale, `bot.button.${key}`),
  data: `${key}:${argument}`,
});

/** Under an alert: somebody has taken note of it, or wants to hear nothing of it for an hour. */
export const alertButtons = ({ locale }: Pick<Reader, 'locale'>, alert: string | undefined): ButtonRows =>
  alert ? [[button(locale, 'ack', alert), button(locale, 'mute', alert)]] : [];

/** Under a run in trouble: try it again, show its details; with an alert, the buttons of {@link alertButtons}. */
export const runButtons = (locale: Locale, { run_id, alert }: { run_id: number; alert?: string }): ButtonRows => [
  [button(locale, 'retry', run_id), button(locale, 'details', run_id)],
  ...alertButtons({ locale }, alert),
];
