import { z } from 'zod';

/** The first and the last instant that PostgreSQL knows and that are written with four digits for the year. */
export const FIRST_INSTANT = '0001-01-01T00:00:00.000Z';
export const LAST_INSTANT = '9999-12-31T23:59:59.999Z';
export const FIRST_DAY = FIRST_INSTANT.slice(0, 10);
export const LAST_DAY = LAST_INSTANT.slice(0, 10);

/** A day of 24 hours, in milliseconds; where a zone puts its clock forward, the day of the calendar is shorter. */
export const DAY_MS = 86_400_000;

/** A business day, `YYYY-MM-DD`. */
export const day = z.iso.date({ error: 'a date that exists, YYYY-MM-DD', abort: true });
