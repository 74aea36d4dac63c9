import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';
import { holderColumns, holderRow, holderTables } from '../sessions/holders.ts';

export const thawedRow = z.object({
  id: z.int(),
  student_id: z.int(),
  freeze_start_date: z.iso.date().nullable(),
  freeze_end_date: z.iso.date().nullable(),
  status: z.enum(['active', 'frozen', 'expired', 'cancelled']),
});

const overRow = holderRow.extend({ end_date: z.iso.date(), sessions_left: z.int().nullable(), freeze_end_date: z.iso.date() });
export type Over = z.output<typeof overRow>;

/** The next subscriptions after an id whose freeze was over before a business day (D26). */
export const nextOver = (db: Sql, date: string, after: number, limit: number) =>
  db.any(sql.type(overRow)`
    select ${holderColumns}, held.end_date, held.sessions_left, held.freeze_end_date from ${holderTables}
    where held.status in ('active', 'frozen') and held.freeze_end_date < ${date}::date and held.id > ${after}
    order by held.id limit ${limit}`);

/**
 * Clears freezes that were over before a business day (D26). The end date was moved when they were made and stays.
 * The caller holds the students' locks; a freeze that was changed meanwhile stays too.
 */
export const clearFreezes = (transaction: Sql, ids: readonly number[], date: string) =>
  transaction.any(sql.type(thawedRow)`
    with thawed as (
      update student_subscriptions set freeze_start_date = null, freeze_end_date = null, status = 'active'
      where id = any(${sql.array([...ids], 'int4')}) and status in ('active', 'frozen') and freeze_end_date < ${date}::date
      returning id, student_id, freeze_start_date, freeze_end_date, status
    )
    select * from thawed order by id`);

/** Notes subscriptions as frozen whose freeze, made beforehand, covers a business day. Returns how many were not noted yet. */
export const beginFreezes = (transaction: Sql, date: string) =>
  transaction.oneFirst(sql.type(z.object({ begun: z.int() }))`
    with begun as (
      update student_subscriptions set status = 'frozen'
      where status = 'active' and ${date}::date between freeze_start_date and freeze_end_date
      returning id
    )
    select count(*)::int as begun from begun`);
