import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';
import { holderColumns, holderRow, holderTables } from '../sessions/holders.ts';

/** A renewal may come this many days after the end (D24). */
const RENEWAL_DAYS = 7;

const isOver = (date: string) => sql.fragment`held.status in ('active', 'frozen') and held.end_date < ${date}::date`;

/**
 * What is over (D27) but has sessions that somebody may still need. It expires the night after that was settled. Waited for are
 * - finance, while a registration within the term is undecided (a missed night);
 * - the renewal, while it can still come and carry sessions over (an outage of some days).
 */
const isNeeded = (date: string) => sql.fragment`(coalesce(held.sessions_left, 0) > 0 and (
  exists (
    select from real_training_students seat join real_trainings training on training.id = seat.real_training_id
    where seat.student_id = held.student_id and seat.charged_at is null and seat.excused_at is null and seat.status in ('REGISTERED', 'PRESENT', 'ABSENT')
      and training.status <> 'cancelled' and training.training_date between held.start_date and held.end_date
      and (held.freeze_start_date is null or training.training_date not between held.freeze_start_date and held.freeze_end_date))
  or (held.is_auto_renew and held.end_date > ${date}::date - ${RENEWAL_DAYS}::int
    and exists (select from subscriptions type where type.id = held.subscription_id and type.is_active)
    and not exists (select from student_subscriptions heir where heir.renewed_from_id = held.id))))`;

/** The next students, by id, who hold something that expires on the business day. */
export const studentsToExpire = (db: Sql, date: string, after: number, size: number) =>
  db.anyFirst(sql.type(z.object({ student_id: z.int() }))`
    select distinct student_id from student_subscriptions held
    where ${isOver(date)} and student_id > ${after} and not ${isNeeded(date)}
    order by student_id limit ${size}`);

const expired = holderRow.extend({ end_date: z.iso.date(), sessions: z.int(), is_renewed: z.boolean() });
export type Expired = z.output<typeof expired>;

/**
 * Expires what the students hold and nobody needs any more: the sessions that remain leave by an entry of their own, the
 * status follows. The caller has locked the students, so that nobody charges or gives back meanwhile.
 */
export const expireSubscriptions = (transaction: Sql, date: string, studentIds: readonly number[], runId: number | null) =>
  transaction.any(sql.type(expired)`
    with held as materialized (
      select held.* from student_subscriptions held
      where student_id = any(${sql.array([...studentIds], 'int4')}) and ${isOver(date)} and not ${isNeeded(date)}
    ), entered as (
      insert into session_entries (student_subscription_id, delta, reason, run_id)
      select id, -sessions_left, 'expired', ${runId}::int from held where sessions_left > 0 order by id
    ), closed as (
      update student_subscriptions set status = 'expired' where id in (select id from held) returning id
    )
    select ${holderColumns}, held.end_date, coalesce(held.sessions_left, 0) as sessions,
      exists (select from student_subscriptions heir where heir.renewed_from_id = held.id and heir.status <> 'cancelled') as is_renewed
    from ${holderTables} where held.id in (select id from closed)
    order by held.id`);

/** Subscriptions that are over but still needed. */
export const countWaiting = (db: Sql, date: string) =>
  db.oneFirst(sql.type(z.object({ waiting: z.int() }))`
    select count(*)::int as waiting from student_subscriptions held where ${isOver(date)} and ${isNeeded(date)}`);
