import { DAY_MS } from '../database/instants.ts';

/** How long something is valid: days, or months (D48); exactly one of the two. */
export type Term = { validity_days: number | null; validity_months: number | null };

const dayFrom = (year: number, month: number, day: number) => new Date(Date.UTC(year, month, day)).toISOString().slice(0, 10);
const partsOf = (day: string) => [Number(day.slice(0, 4)), Number(day.slice(5, 7)) - 1, Number(day.slice(8, 10))] as const;

/** The anchor day in a month (0 is January; more than 11 are those of later years), or the month's last where it has no such day. */
function dayOfMonth(year: number, month: number, anchor: number): string {
  const days = new Date(Date.UTC(year, month + 1, 0)).getUTCDate();
  return dayFrom(year, month, Math.min(anchor, days));
}

/**
 * The day of the month on which terms of months begin (D48): the inherited one as long as they do begin on it, or on the last day of
 * a month that is too short; else the day itself. The function `term_anchor` of the database says the same.
 */
export function termAnchor(firstDay: string, inherited: number): number {
  const [year, month, day] = partsOf(firstDay);
  return dayOfMonth(year, month, inherited) === firstDay ? inherited : day;
}

/**
 * The last day, inclusive, of a term that begins on a business day (D4, D48): from 31 January one month ends on 27 February, the next
 * one runs from 28 February to 30 March. The function `term_end` of the database says the same.
 * @param anchor the day of the month the terms begin on, where the one before handed it on
 */
export function termEnd(firstDay: string, { validity_days, validity_months }: Term, anchor?: number): string {
  if (validity_months === null)
    return new Date(Date.parse(firstDay) + (Number(validity_days) - 1) * DAY_MS).toISOString().slice(0, 10);
  const [year, month, day] = partsOf(firstDay);
  const next = dayOfMonth(year, month + validity_months, anchor ?? day);
  return new Date(Date.parse(next) - DAY_MS).toISOString().slice(0, 10);
}
