import { DAY_MS } from '../../sql/database/instants.ts';

const MINUTE_MS = 60_000;
const CLOCKS = Array.from({ length: 1_440 }, (_, minute) => new Date(minute * MINUTE_MS).toISOString().slice(10));

let dayShown = Number.NaN;
let textShown = '';

/** An instant on a whole minute as `toISOString` writes it; thousands of them are of few days. */
export function isoMinute(instant: number): string {
  const day = Math.floor(instant / DAY_MS);
  if (day !== dayShown) {
    dayShown = day;
    textShown = new Date(day * DAY_MS).toISOString().slice(0, 10);
  }
  return textShown + CLOCKS[(instant - day * DAY_MS) / MINUTE_MS];
}
