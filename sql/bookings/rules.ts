import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';

const SHARE = 'per cent, a number from 0 to 100 with two places after the point at most';
/** In per cent, with two places at most. */
export const share = z
  .number({ error: SHARE })
  .min(0, { error: SHARE })
  .max(100, { error: SHARE })
  .refine((percent) => Number.isInteger(Math.round(percent * 1e6) / 1e4), { error: SHARE });

export const bookingRulesRow = z.object({
  fitting_percent: share.meta({
    description: 'how much less a start costs that leaves no gap too short for any service, in per cent; 0: nothing',
    examples: [5],
  }),
  changed_by: z.string().nullable(),
  changed_at: z.iso.datetime().nullable(),
});
export type BookingRules = z.output<typeof bookingRulesRow>;

const columns = sql.fragment`fitting_percent::float8 as fitting_percent, changed_by, changed_at`;

/** What the studio has decided about bookings. */
export const findBookingRules = (db: Sql) => db.one(sql.type(bookingRulesRow)`select ${columns} from booking_rules`);

/** Changes it for bookings that are made from now on, and notes by whom. */
export const writeBookingRules = (db: Sql, { fitting_percent }: Pick<BookingRules, 'fitting_percent'>, by: string, now: Date) =>
  db.one(sql.type(bookingRulesRow)`
    update booking_rules set fitting_percent = ${fitting_percent}, changed_by = ${by}, changed_at = ${now.toISOString()}::timestamptz
    returning ${columns}`);
