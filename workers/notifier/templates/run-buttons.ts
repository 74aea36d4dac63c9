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

/** What can be done about a run in trouble, and, when it is notified as an alert, about being told of it. */
export const runButtons = (locale: Locale, { run_id, alert }: { run_id: number; alert?: string }): ButtonRows => [
  [button(locale, 'retry', run_id), button(locale, 'details', run_id)],
  ...alertButtons({ locale }, alert),
];
