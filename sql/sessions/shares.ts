import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';

/**
 * What has become of subscriptions by their ledgers: what was granted, what came from the one before and has not gone back, what went
 * on to the next one, what trainings and bookings took. Of sessions that came and its own, those that came are taken first; so `used_units` are its
 * own that are used up or went on, of `units` in all. Of an unlimited one a unit is a day of its term: used are the days before
 * `today`, and those up to the last training that was taken; frozen days are none.
 */
export const standings = (ids: ReturnType<typeof sql.fragment>, today: ReturnType<typeof sql.fragment>) => sql.fragment`
  select held.id, held.renewed_from_id, held.status, held.end_date, held.sessions_left, entered.carried_in, entered.carried_out, entered.taken,
    entered.granted, coalesce((
      select amount_minor from invoices bill where bill.student_subscription_id = held.id order by bill.id limit 1), 0)::int8 as price_minor,
    case when held.sessions_left is null then held.term_days else entered.granted end::int as units,
    case when held.sessions_left is not null then least(granted, greatest(0, taken + carried_out - carried_in))
      else least(held.term_days, greatest(0, held.term_days - greatest(0, held.end_date - unused.from_day + 1)
        + coalesce(greatest(0, held.freeze_end_date - greatest(held.freeze_start_date, unused.from_day) + 1), 0)))
    end::int as used_units
  from student_subscriptions held
  cross join lateral (
    select coalesce(sum(delta) filter (where reason in ('granted', 'adjustment')), 0)::int as granted,
      coalesce(sum(delta) filter (where reason = 'carried_in'), 0)::int as carried_in,
      coalesce(-sum(delta) filter (where reason = 'carried_out'), 0)::int as carried_out,
      coalesce(-sum(delta) filter (where reason in ('training', 'booking', 'returned')), 0)::int as taken
    from session_entries entry where entry.student_subscription_id = held.id
  ) as entered
  cross join lateral (
    select greatest(held.start_date, ${today}, (
      select max(training.training_date) + 1
      from session_entries entry
      join real_training_students seat on seat.session_entry_id = entry.id
      join real_trainings training on training.id = seat.real_training_id
      where held.sessions_left is null and entry.student_subscription_id = held.id)) as from_day
  ) as unused
  where held.id = any(${ids})`;

const standing = z.object({
  id: z.int(),
  renewed_from_id: z.int().nullable(),
  status: z.enum(['active', 'frozen', 'expired', 'cancelled']),
  end_date: z.iso.date(),
  sessions_left: z.int().nullable(),
  carried_in: z.int(),
  carried_out: z.int(),
  taken: z.int(),
  price_minor: z.int(),
  units: z.int(),
  used_units: z.int(),
});
export type Standing = z.output<typeof standing>;

/** The standing of one subscription on a business day. The caller holds the student's lock. */
export const standingOf = (db: Sql, id: number, today: string) =>
  db.one(sql.type(standing)`${standings(sql.fragment`array[${id}::int]`, sql.fragment`${today}::date`)}`);

/** Who owes or has paid for subscriptions or for those before them, whose sessions they may hold: their wallets are locked first. */
export const payersOfChains = (db: Sql, ids: readonly number[]) =>
  db.anyFirst(sql.type(z.object({ payer_id: z.int() }))`
    with recursive chain as (
      select id, renewed_from_id from student_subscriptions where id = any(${sql.array([...ids], 'int4')})
      union
      select before.id, before.renewed_from_id from chain join student_subscriptions before on before.id = chain.renewed_from_id
    )
    select distinct payer_id from invoices join chain on chain.id = student_subscription_id where status <> 'CANCELLED'`);

/**
 * Takes an amount off what a subscription was invoiced for, from its newest invoice of the given status on: of a paid one it goes back
 * to the wallet, of an owed one it is owed no more. An invoice stands for its whole amount, here as everywhere: one that is reduced
 * is therefore cancelled, with a refund of all of it if it was paid, and what is kept is invoiced anew, as paid or as owed.
 * Nothing is settled. The caller holds the payers' wallets. Returns the minor units that were taken off, at most what there was.
 */
export const reduceBills = (
  transaction: Sql,
  reduction: { id: number; minor: number; status: 'PAID' | 'UNPAID'; reason: string | null },
): Promise<number> =>
  transaction.oneFirst(sql.type(z.object({ minor: z.int() }))`
    with bill as materialized (
      select *, sum(amount_minor) over (order by id desc) - amount_minor as before from invoices
      where student_subscription_id = ${reduction.id} and case ${reduction.status} when 'PAID' then status = 'PAID' else status in ('UNPAID', 'PENDING') end
    ), hit as materialized (
      select *, greatest(0, amount_minor - (${reduction.minor}::int8 - before))::int8 as kept_minor from bill where before < ${reduction.minor}::int8
    ), cancelled as (
      update invoices set status = 'CANCELLED', cancelled_at = now(), cancellation_reason = ${reduction.reason}
      from hit where invoices.id = hit.id
      returning invoices.id, invoices.payer_id, invoices.amount_minor
    ), kept as (
      insert into invoices (payer_id, student_id, type, amount_minor, status, paid_at, student_subscription_id, is_auto_renewal, due_date, run_id)
      select payer_id, student_id, type, kept_minor, status, case status when 'PAID' then now() end, student_subscription_id, is_auto_renewal, due_date, run_id
      from hit where kept_minor > 0 order by id
      returning id, payer_id, amount_minor
    ), moved as (
      insert into wallet_transactions (user_id, amount_minor, kind, invoice_id)
      select payer_id, amount_minor, 'refund', id from cancelled where ${reduction.status} = 'PAID'
      union all
      select payer_id, -amount_minor, 'payment', id from kept where ${reduction.status} = 'PAID'
    )
    select (coalesce((select sum(amount_minor) from cancelled), 0) - coalesce((select sum(amount_minor) from kept), 0))::int8 as minor`);
