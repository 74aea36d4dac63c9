import { text } from '../../workers/notifier/texts/texts.ts';
import { say, type Turn } from './decision.ts';

const show =
  (view: 'status' | 'runs' | 'schedule') =>
  ({ answers, asker }: Turn) =>
    answers.push({ do: 'show', chat_id: asker.chatId, view, locale: asker.locale });

export const status = show('status');
export const runsList = show('runs');
export const schedule = show('schedule');

const MOST_DAYS = 92;

/** `/history`, `/history 30d`, `/history 4w`. */
export function history(turn: Turn, args: string) {
  const days = daysIn(args);
  if (days === null) return say(turn, { text: text(turn.asker.locale, 'bot.history.bad', { most: MOST_DAYS }) });
  return turn.answers.push({ do: 'chart', chat_id: turn.asker.chatId, days, locale: turn.asker.locale });
}

/** `7d` and `7` are days, `4w` weeks; a week by default; null for anything else. */
export function daysIn(args: string): number | null {
  if (args === '') return 7;
  const [, count, unit] = /^(\d{1,3})\s*([dw]?)$/i.exec(args) ?? [];
  const days = Number(count) * (unit?.toLowerCase() === 'w' ? 7 : 1);
  return days >= 1 && days <= MOST_DAYS ? days : null;
}
