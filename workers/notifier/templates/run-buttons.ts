import { type Locale, text } from '../texts/texts.ts';
import type { ButtonRows } from './template.ts';

/** What can be done about a run in trouble, and, when it is notified as an alert, about being told of it. */
export function runButtons(locale: Locale, { run_id, alert }: { run_id: number; alert?: string }): ButtonRows {
  const button = (key: 'retry' | 'details' | 'mute', argument: string | number) => ({
    text: text(locale, `bot.button.${key}`),
    data: `${key}:${argument}`,
  });
  const about = [button('retry', run_id), button('details', run_id)];
  return alert ? [about, [button('mute', alert)]] : [about];
}
