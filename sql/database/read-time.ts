import pg from 'pg';
import { FIRST_DAY, FIRST_INSTANT, LAST_DAY, LAST_INSTANT } from './instants.ts';

/*
 * PostgreSQL's time goes on in both directions and ends at infinity, which is how somebody who writes SQL says for ever. Here
 * it ends with the years of four digits, so that no list fails because of one such row.
 */
const isLater = (text: string) => /^(infinity|\d{5})/.test(text);
const isEarlier = (text: string) => text === '-infinity' || text.endsWith(' BC');

const [FIRST, LAST] = [Date.parse(FIRST_INSTANT), Date.parse(LAST_INSTANT)];
/** `new Date` takes the year 26 for 2026 and knows no zone with seconds. */
const read: (text: string) => Date | number = pg.types.getTypeParser(pg.types.builtins.TIMESTAMPTZ);

/** An instant as PostgreSQL writes it, in UTC. */
export function readInstant(text: string): string {
  if (isLater(text)) return LAST_INSTANT;
  return new Date(Math.min(LAST, Math.max(FIRST, Number(read(text))))).toISOString();
}

/** A day as PostgreSQL writes it. */
export function readDay(text: string): string {
  if (isLater(text)) return LAST_DAY;
  return isEarlier(text) ? FIRST_DAY : text;
}
