import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';
import { notifyOfLastSessions } from '../sessions/last-session.ts';
import type { Due } from './due.ts';
import { firstToPay, paysOn } from './pays.ts';
import { lockWallets } from './settle.ts';

export type Charged = { sessions: number; invoices: number };

/**
 * Decides who pays for each of the registrations, once (D13, D14): a session if there is one, else an invoice to the payer;
 * nobody for a price of 0. The caller holds the students' locks, and settles for the payers afterwards. A second charge of the same number is refused by the ledgers.
 * @param due in the order their invoices are to have
 */
export async function chargeRegistrations(
  transaction: Sql,
  due: readonly Due[],
  runId: number | null,
  type = 'TRAINING',
): Promise<Charged> {
  const { sessions, invoices } = await chargeWithOthers(transaction, due, runId, type, []);
  return { sessions, invoices };
}

/**
 * The same; locks the wallets of `others` together with those that get invoices, since all wallets of a transaction are to be
 * locked in one order. Returns also whose wallets are locked now.
 */
export async function chargeWithOthers(
  transaction: Sql,
  due: readonly Due[],
  runId: number | null,
  type: string,
  others: readonly number[],
): Promise<Charged & { locked: number[] }> {
  const withSession = new Set<number>();
  for (const [, turn] of [...Map.groupBy(due, (seat) => seat.place)].sort(([a], [b]) => a - b)) {
    for (const seat of await takeSessions(transaction, turn, runId)) withSession.add(seat);
  }
  await notifyOfLastSessions(transaction, [...withSession]);
  const rest = due.filter((seat) => !withSession.has(seat.seat_id));
  const payers = rest.filter((seat) => seat.price_minor > 0).map((seat) => seat.payer_id);
  const locked = [...new Set([...payers, ...others])];
  if (locked.length > 0) await lockWallets(transaction, locked);
  const invoices = rest.length > 0 ? await writeInvoices(transaction, rest, runId, type) : 0;
  return { sessions: withSession.size, invoices, locked };
}

/**
 * One registration a student at most: takes its session from the subscription that is valid on the training's date,
 * unlimited before limited, then the one that ends first, then the older one. Returns the registrations that found one.
 */
const takeSessions = (transaction: Sql, turn: readonly Due[], runId: number | null) =>
  transaction.anyFirst(sql.type(z.object({ id: z.int() }))`
    with due as materialized (
      select * from ${sql.unnest(
        turn.map((seat) => [seat.seat_id, seat.student_id, seat.training_date, seat.charge_no]),
        ['int4', 'int4', 'date', 'int2'],
      )} as given (seat_id, student_id, training_date, charge_no)
    ), chosen as materialized (
      select distinct on (due.seat_id) due.seat_id, due.charge_no, held.id as held_id, (held.sessions_left is null) as is_unlimited
      from due
      join student_subscriptions held on held.student_id = due.student_id
      where ${paysOn(sql.fragment`due.training_date`)} and (held.sessions_left is null or held.sessions_left > 0)
      order by due.seat_id, ${firstToPay}
    ), entered as (
      insert into session_entries (student_subscription_id, real_training_student_id, charge_no, delta, reason, run_id)
      select held_id, seat_id, charge_no, case when is_unlimited then 0 else -1 end, 'training', ${runId}::int from chosen
      returning id, real_training_student_id
    )
    update real_training_students seat set charged_at = now(), session_entry_id = entered.id
    from entered where seat.id = entered.real_training_student_id
    returning seat.id`);

/** Writes an invoice for each registration that costs something, and notes the others as free. Returns the invoices written. */
const writeInvoices = (transaction: Sql, rest: readonly Due[], runId: number | null, type: string) =>
  transaction.oneFirst(sql.type(z.object({ invoices: z.int() }))`
    with due as materialized (
      select * from ${sql.unnest(
        rest.map((seat, n) => [n, seat.seat_id, seat.student_id, seat.payer_id, seat.price_minor, seat.charge_no]),
        ['int4', 'int4', 'int4', 'int4', 'int8', 'int2'],
      )} as given (n, seat_id, student_id, payer_id, price_minor, charge_no)
    ), made as (
      insert into invoices (payer_id, student_id, type, amount_minor, real_training_student_id, charge_no, run_id)
      select payer_id, student_id, ${type}, price_minor, seat_id, charge_no, ${runId}::int
      from due where price_minor > 0 order by n
      returning id, real_training_student_id
    ), charged as (
      update real_training_students seat set charged_at = now(), invoice_id = made.id
      from due left join made on made.real_training_student_id = due.seat_id
      where seat.id = due.seat_id
      returning seat.invoice_id
    )
    select count(invoice_id)::int as invoices from charged`);
