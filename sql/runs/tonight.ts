import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';

const ends = z.object({ invoices: z.int(), entries: z.int(), held: z.int() });
export type LedgerEnds = z.output<typeof ends>;

/** How far the ledgers have come; what a dry run writes afterwards has greater ids. */
export const ledgerEnds = (db: Sql) =>
  db.one(sql.type(ends)`
    select coalesce((select max(id) from invoices), 0) as invoices, coalesce((select max(id) from session_entries), 0) as entries,
      coalesce((select max(id) from student_subscriptions), 0) as held`);

const nameOf = (person: ReturnType<typeof sql.fragment>) =>
  sql.fragment`concat_ws(' ', ${person}.first_name, nullif(${person}.last_name, ''))`;

export const chargeRow = z.object({
  /** The place in the training that is charged. */
  seat_id: z.int(),
  student_id: z.int(),
  student: z.string(),
  payer_id: z.int(),
  payer: z.string(),
  training_id: z.int(),
  training: z.string(),
  starts_at: z.iso.datetime(),
  /** Of a session: its subscription, and the sessions that are left then; null: unlimited. */
  subscription: z.string().nullable(),
  sessions_left: z.int().nullable(),
  /** Of an invoice. */
  amount_minor: z.int().nullable(),
  is_paid: z.boolean(),
});

/**
 * What the transaction itself has charged for trainings since the ledgers ended so: a session or an invoice each, those that nobody
 * can pay first. Everything it writes was created at its own beginning, which nobody else's rows were.
 */
export const chargesSince = (written: Sql, { invoices, entries }: LedgerEnds) =>
  written.any(sql.type(chargeRow)`
    with charged as (
      select real_training_student_id as seat_id, student_subscription_id as held_id, null::bigint as amount_minor, true as is_paid
      from session_entries where id > ${entries} and created_at = now() and reason = 'training'
      union all
      select real_training_student_id, null, amount_minor, status = 'PAID'
      from invoices where id > ${invoices} and created_at = now() and type = 'TRAINING'
    )
    select seat.id as seat_id, seat.student_id, ${nameOf(sql.fragment`pupil`)} as student, payer.id as payer_id, ${nameOf(sql.fragment`payer`)} as payer,
      training.id as training_id, type.name as training, training.starts_at, kind.name as subscription, held.sessions_left,
      amount_minor, is_paid
    from charged
    join real_training_students seat on seat.id = seat_id
    join real_trainings training on training.id = seat.real_training_id
    join training_types type on type.id = training.training_type_id
    join students student on student.id = seat.student_id
    join users pupil on pupil.id = student.id
    join users payer on payer.id = student.payer_id
    left join student_subscriptions held on held.id = held_id
    left join subscriptions kind on kind.id = held.subscription_id
    order by is_paid, training.starts_at, training.id, student, seat.id`);

export const shortRow = z.object({
  payer_id: z.int(),
  payer: z.string(),
  phone: z.string().nullable(),
  /** New tonight and not covered. */
  tonight_minor: z.int(),
  /** All that is unpaid then, less what is in the wallet: what a payment must bring. */
  missing_minor: z.int(),
});

/** Whom the transaction has left with invoices that their wallets do not cover, the most first. */
export const shortSince = (written: Sql, { invoices }: LedgerEnds) =>
  written.any(sql.type(shortRow)`
    with short as (
      select payer_id, sum(amount_minor) as tonight_minor from invoices
      where id > ${invoices} and created_at = now() and status = 'UNPAID' group by payer_id
    ), owed as (
      select payer_id, sum(amount_minor) as owed_minor from invoices
      where status = 'UNPAID' and payer_id in (select payer_id from short) group by payer_id
    )
    select payer_id, ${nameOf(sql.fragment`person`)} as payer, phone, tonight_minor::bigint as tonight_minor,
      greatest(owed_minor - coalesce(balance_minor, 0), 0)::bigint as missing_minor
    from short join owed using (payer_id) join users person on person.id = payer_id
    left join wallets on user_id = payer_id
    order by missing_minor desc, payer_id`);

export const renewedRow = z.object({
  student_id: z.int(),
  student: z.string(),
  subscription: z.string(),
  start_date: z.iso.date(),
  end_date: z.iso.date(),
  carried: z.int(),
  amount_minor: z.int(),
  is_paid: z.boolean(),
});

/** The subscriptions that the transaction has renewed, those whose payer is short first. */
export const renewedSince = (written: Sql, { held }: LedgerEnds) =>
  written.any(sql.type(renewedRow)`
    select renewed.student_id, ${nameOf(sql.fragment`pupil`)} as student, kind.name as subscription, renewed.start_date, renewed.end_date,
      renewed.transferred_sessions as carried, coalesce(bill.amount_minor, 0) as amount_minor, coalesce(bill.status = 'PAID', true) as is_paid
    from student_subscriptions renewed
    join subscriptions kind on kind.id = renewed.subscription_id
    join users pupil on pupil.id = renewed.student_id
    left join invoices bill on bill.student_subscription_id = renewed.id
    where renewed.id > ${held} and renewed.created_at = now() and renewed.renewed_from_id is not null
    order by is_paid, student, renewed.id`);

const named = z.object({ id: z.int(), name: z.string() });

/** The names of people. */
export const nameOfEach = async (db: Sql, ids: readonly number[]): Promise<ReadonlyMap<number, string>> => {
  const rows = await db.any(sql.type(named)`
    select id, ${nameOf(sql.fragment`person`)} as name from users person where id = any(${sql.array([...ids], 'int4')})`);
  return new Map(rows.map(({ id, name }) => [id, name]));
};
