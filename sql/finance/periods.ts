import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';

/** The last day of the closed period, or null: none is closed. Nobody closes another until the transaction ends. */
export const closedThrough = (transaction: Sql) =>
  transaction.maybeOneFirst(sql.type(z.object({ through: z.iso.date() }))`select through from closed_periods for share`);

export const periodRow = z.object({
  through: z.iso.date().nullable(),
  closed_by: z.string().nullable(),
  closed_at: z.iso.datetime().nullable(),
});

/** What is closed, by whom and since when. */
export const findPeriod = async (db: Sql) =>
  (await db.maybeOne(sql.type(periodRow)`select through, closed_by, closed_at from closed_periods`)) ?? {
    through: null,
    closed_by: null,
    closed_at: null,
  };

/** Closes the days up to one, or opens those after it again. */
export const closeThrough = (transaction: Sql, through: string | null, by: string) =>
  through === null
    ? transaction.query(sql.unsafe`delete from closed_periods`)
    : transaction.query(sql.unsafe`
        insert into closed_periods (through, closed_by) values (${through}::date, ${by})
        on conflict (only_one) do update set through = excluded.through, closed_by = excluded.closed_by, closed_at = now()`);
