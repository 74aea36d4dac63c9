import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';
import { type Carried, carry, refundSession } from '../sessions/carry.ts';
import { payersOfChains } from '../sessions/shares.ts';
import { lockWallets, settle } from './settle.ts';

const returned = z.object({
  seat_id: z.int(),
  student_id: z.int(),
  payer_id: z.int().nullable(),
  sessions: z.int(),
  refunded_minor: z.int(),
  cancelled_minor: z.int(),
});
/**
 * `returned_to_id`: the subscription that has the session now; null where none came back, or only its share of the price, which
 * `is_share` says.
 */
export type Returned = z.output<typeof returned> & { returned_to_id: number | null; is_share: boolean };

const homeRow = z.object({
  seat_id: z.int(),
  training_date: z.iso.date(),
  /** The subscription the session was taken from, and each that renewed the one before, up to where it goes; empty: there is none. */
  path: z.array(z.int()),
  origin_id: z.int(),
  /** An unlimited one gave it, so that there is nothing to count. */
  is_free: z.boolean(),
  /** It goes to an unlimited one, which counts nothing either. */
  is_lost: z.boolean(),
  /** An unlimited one is on the way, so that it cannot be carried there. */
  is_broken: z.boolean(),
});
type Home = z.output<typeof homeRow>;

/**
 * Gives back what the registrations were charged (D47), as entries of the opposite; nothing is deleted. A session goes back to the
 * subscription it came from, and from there on to its live successor by renewal, if there is one: not one that is expired, cancelled
 * or over on the training's day. Where there is none at all, its share of the price goes back, or is owed no more (D22). A paid
 * invoice goes to the payer's wallet; what comes there settles what is owed. The caller holds the students' locks. Registrations
 * without a charge are left as they are.
 * @param today the business day, where it may be later than the trainings' days
 * @param settles false: nothing is settled from what came back yet, for it may be taken back (D49)
 */
export async function giveBack(
  transaction: Sql,
  seatIds: readonly number[],
  runId: number | null = null,
  today: string | null = null,
  settles = true,
): Promise<readonly Returned[]> {
  const homes = await homesOf(transaction, seatIds, today);
  const payers = await payersOf(transaction, seatIds, homes);
  await lockWallets(transaction, payers);
  const back = await transaction.any(giveBackStatement(seatIds, homes, runId));
  await carry(transaction, homes.filter((home) => !home.is_free && !home.is_broken).flatMap(hopsOf), runId);
  const result: Returned[] = [];
  for (const charge of back) {
    const home = homes.find(({ seat_id }) => seat_id === charge.seat_id);
    if (home && home.path.length === 0 && !home.is_free) {
      const day = today !== null && today > home.training_date ? today : home.training_date;
      const [payer] = await payersOfChains(transaction, [home.origin_id]);
      const share = await refundSession(transaction, { heldId: home.origin_id, seatId: charge.seat_id, runId, today: day });
      result.push({ ...charge, ...share, payer_id: payer ?? charge.payer_id, sessions: 0, returned_to_id: null, is_share: true });
    } else result.push({ ...charge, returned_to_id: home?.path.at(-1) ?? null, is_share: false });
  }
  if (settles && payers.length > 0) await settle(transaction, payers);
  return result;
}

/** Whose wallets giving these registrations back concerns; whoever locks more of them in the same transaction locks these with them. */
export async function payersToGiveBack(transaction: Sql, seatIds: readonly number[], today: string | null = null) {
  return payersOf(transaction, seatIds, await homesOf(transaction, seatIds, today));
}

async function payersOf(transaction: Sql, seatIds: readonly number[], homes: readonly Home[]) {
  const homeless = homes.filter((home) => home.path.length === 0 && !home.is_free).map((home) => home.origin_id);
  const ofInvoices = await transaction.anyFirst(sql.type(z.object({ payer_id: z.int() }))`
    select distinct payer_id from real_training_students seat join invoices on invoices.id = seat.invoice_id
    where seat.id = any(${sql.array([...seatIds], 'int4')}) and invoices.status <> 'CANCELLED'`);
  const ofShares = homeless.length > 0 ? await payersOfChains(transaction, homeless) : [];
  return [...new Set([...ofInvoices, ...ofShares])];
}

const hopsOf = ({ path }: Home): Carried[] =>
  path.slice(1).map((to, generation) => ({ from: path[generation] as number, to, sessions: 1 }));

/** Where the sessions of registrations go: the last live one of those that renewed the subscription they came from, or that itself. */
const homesOf = (transaction: Sql, seatIds: readonly number[], today: string | null) =>
  transaction.any(sql.prepared('session_homes', homeRow)`
    with recursive taken as materialized (
      select seat.id as seat_id, entry.student_subscription_id as origin_id, entry.delta, training_date,
        greatest(training_date, ${today}::date) as day
      from real_training_students seat
      join session_entries entry on entry.id = seat.session_entry_id
      join real_trainings training on training.id = seat.real_training_id
      where seat.id = any(${sql.array([...seatIds], 'int4')}) and seat.charged_at is not null
    ), chain as (
      select seat_id, day, held.id, array[held.id] as path, held.sessions_left is null as is_lost,
        held.sessions_left is null as is_broken, held.status in ('active', 'frozen') and held.end_date >= day as is_live
      from taken join student_subscriptions held on held.id = origin_id
      union all
      select seat_id, day, heir.id, path || heir.id, heir.sessions_left is null,
        is_broken or heir.sessions_left is null, heir.status in ('active', 'frozen') and heir.end_date >= day
      from chain join student_subscriptions heir on heir.renewed_from_id = chain.id
    ), home as (
      select distinct on (seat_id) seat_id, path, is_lost, is_broken from chain where is_live order by seat_id, cardinality(path) desc
    )
    select seat_id, training_date, origin_id, delta = 0 as is_free, coalesce(path, '{}') as path, coalesce(is_lost, false) as is_lost,
      coalesce(is_broken, false) as is_broken
    from taken left join home using (seat_id) order by seat_id`);

const giveBackStatement = (seatIds: readonly number[], homes: readonly Home[], runId: number | null) => sql.prepared(
  'give_back',
  returned,
)`
  with seat as materialized (
    select id, student_id, session_entry_id, invoice_id from real_training_students
    where id = any(${sql.array([...seatIds], 'int4')}) and charged_at is not null
  ), home as materialized (
    select * from ${sql.unnest(
      homes.map(({ seat_id, origin_id, path, is_free, is_lost, is_broken }) => [
        seat_id,
        is_free || is_broken ? (path.at(-1) ?? origin_id) : origin_id,
        is_free || is_lost,
      ]),
      ['int4', 'int4', 'bool'],
    )} as given (seat_id, held_id, counts_nothing)
  ), entered as (
    insert into session_entries (student_subscription_id, real_training_student_id, delta, reason, reverses_id, run_id)
    select home.held_id, seat.id, case when counts_nothing then 0 else -entry.delta end, 'returned', entry.id, ${runId}::int
    from seat join home on home.seat_id = seat.id join session_entries entry on entry.id = seat.session_entry_id
    returning real_training_student_id as seat_id
  ), bill as materialized (
    select seat.id as seat_id, invoice.id, invoice.payer_id, invoice.amount_minor, invoice.status
    from seat join invoices invoice on invoice.id = seat.invoice_id where invoice.status <> 'CANCELLED'
  ), cancelled as (
    update invoices set status = 'CANCELLED', cancelled_at = now() from bill where bill.id = invoices.id
    returning invoices.id
  ), refunded as (
    insert into wallet_transactions (user_id, amount_minor, kind, invoice_id)
    select payer_id, amount_minor, 'refund', id from bill where status = 'PAID' order by id
    returning id
  ), cleared as (
    update real_training_students set charged_at = null, session_entry_id = null, invoice_id = null, returns = returns + 1
    where id in (select id from seat)
    returning id
  )
  select seat.id as seat_id, seat.student_id, bill.payer_id,
    (exists (select from entered where entered.seat_id = seat.id))::int as sessions,
    coalesce(case when bill.status = 'PAID' then bill.amount_minor end, 0) as refunded_minor,
    coalesce(case when bill.status <> 'PAID' then bill.amount_minor end, 0) as cancelled_minor
  from seat left join bill on bill.seat_id = seat.id
  order by seat.id`;
