import { DAY_MS } from '../database/instants.ts';

/** The business day that many days after (or, negative, before) another; both `YYYY-MM-DD`. */
export const daysAfter = (day: string, days: number) => new Date(Date.parse(day) + days * DAY_MS).toISOString().slice(0, 10);

/** The Monday and the Sunday of the week that generation builds next: the first Monday strictly after the day (D2). */
export function weekAfter(day: string) {
  const monday = daysAfter(day, 7 - ((new Date(day).getUTCDay() + 6) % 7));
  return { monday, sunday: daysAfter(monday, 6) };
}
