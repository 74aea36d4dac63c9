import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';
import { chargeWithOthers } from './charge.ts';
import { dueRegistrations, isAnythingDue, lockDueStudents, nextPayers } from './due.ts';
import { settle } from './settle.ts';

/** How far a night's charging has come: the last payer decided, and what was done. */
const charged = z.object({ training_id: z.int(), sessions: z.int(), invoices: z.int(), amount_minor: z.int() });
/** What was charged for places of a training: sessions, and invoices over so much. */
export type ChargedInTraining = z.output<typeof charged>;

export type NightProgress = {
  after: number;
  done: boolean;
  trainings: number;
  registrations: number;
  sessions: number;
  invoices: number;
  auto_payments: number;
};
export const initialNightProgress: NightProgress = {
  after: 0,
  done: false,
  trainings: 0,
  registrations: 0,
  sessions: 0,
  invoices: 0,
  auto_payments: 0,
};

/** Payers a transaction. With 1,000 its locks last about a tenth of a second, which is what a cancellation may have to wait. */
const CHUNK = 1_000;
const MOST_INT = 2_147_483_647;

/**
 * One more chunk of the night for a business day (D12-D15), with what it `charged`: everything due up to the day after it, for the next payers and
 * their families. The last chunk closes the trainings.
 */
export async function chargeChunk(
  transaction: Sql,
  date: string,
  progress: NightProgress,
  runId: number | null,
): Promise<NightProgress & { charged: readonly ChargedInTraining[] }> {
  await neverReadWholeTables(transaction);
  const last = await nextPayers(transaction, progress.after, CHUNK);
  if (last === null) return { ...(await endNight(transaction, date, progress)), charged: [] };
  const payers = { after: progress.after, last };
  const due = await dueRegistrations(transaction, await lockDueStudents(transaction, payers, date), date);
  const owing = await owingPayers(transaction, payers);
  const charged = await chargeWithOthers(transaction, due, runId, 'TRAINING', owing);
  const paid = charged.locked.length > 0 ? await settle(transaction, charged.locked) : 0;
  const reached = {
    ...progress,
    after: last,
    registrations: progress.registrations + due.length,
    sessions: progress.sessions + charged.sessions,
    invoices: progress.invoices + charged.invoices,
    auto_payments: progress.auto_payments + paid,
  };
  return { ...reached, charged: await chargedFor(transaction, due) };
}

/** What pays for registrations that were just charged, by training. */
const chargedFor = (transaction: Sql, due: readonly { seat_id: number }[]) =>
  transaction.any(sql.type(charged)`
    select seat.real_training_id as training_id, count(seat.session_entry_id)::int as sessions, count(seat.invoice_id)::int as invoices,
      coalesce(sum(invoice.amount_minor), 0)::int8 as amount_minor
    from real_training_students seat left join invoices invoice on invoice.id = seat.invoice_id
    where seat.id = any(${sql.array(
      due.map(({ seat_id }) => seat_id),
      'int4',
    )}) and seat.charged_at is not null
    group by 1 order by 1`);

/**
 * A chunk looks things up by index only. Without this the plans are those of the tables as they were at the last analyze, and
 * PostgreSQL keeps its own for foreign keys besides: a night that fills an empty table of invoices had the last of its chunks
 * take 9.6 s instead of 0.4 s, since each new invoice was looked for by reading them all.
 */
const neverReadWholeTables = (transaction: Sql) => transaction.query(sql.unsafe`set local enable_seqscan = off`);

/**
 * Closes the trainings, and settles for those who pay for nobody any more. What came for payers who were through already is
 * charged in one more pass first: the trainings are locked here, so whoever is added later finds them closed and is charged at once.
 */
async function endNight(transaction: Sql, date: string, progress: NightProgress): Promise<NightProgress> {
  await lockTrainings(transaction, date);
  if (await isAnythingDue(transaction, date)) return { ...progress, after: 0 };
  const trainings = await closeTrainings(transaction, date);
  const owing = await owingPayers(transaction, { after: progress.after, last: MOST_INT });
  const paid = owing.length > 0 ? await settle(transaction, owing) : 0;
  return { ...progress, done: true, auto_payments: progress.auto_payments + paid, trainings };
}

/** Every payer of the range who owes and has money, also for what earlier nights left unpaid. */
const owingPayers = (transaction: Sql, { after, last }: { after: number; last: number }) =>
  transaction.anyFirst(sql.type(z.object({ user_id: z.int() }))`
    select user_id from wallets
    where user_id > ${after} and user_id <= ${last} and balance_minor > 0
      and exists (select from invoices where payer_id = user_id and status = 'UNPAID')`);

/** Locks the trainings that are to be closed, in order of id. */
const lockTrainings = (transaction: Sql, date: string) =>
  transaction.query(sql.unsafe`
    select from real_trainings where processed_at is null and status <> 'cancelled' and training_date <= ${date}::date + 1
    order by id for no key update`);

/** Notes the trainings up to the day after as processed. Returns how many were not before. */
const closeTrainings = (transaction: Sql, date: string) =>
  transaction.oneFirst(sql.type(z.object({ trainings: z.int() }))`
    with closed as (
      update real_trainings set processed_at = now()
      where processed_at is null and status <> 'cancelled' and training_date <= ${date}::date + 1
      returning id
    )
    select count(*)::int as trainings from closed`);
