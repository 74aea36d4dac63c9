import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';
import { aboutInvoice, invoiceName, invoicePerson, invoiceStart } from '../finance/about-invoice.ts';

const MOST = 100;

const run = z.object({
  id: z.int(),
  at: z.iso.datetime(),
  asked_at: z.iso.datetime(),
  name: z.string(),
  status: z.string(),
  by: z.string(),
  /** The run itself and those that it is put together from. */
  ids: z.array(z.int()),
});
/** A run, who asked for it, and whose rows are its own; null when there is none. */
export const findWriter = (db: Sql, id: number) =>
  db.maybeOne(sql.type(run)`
    select run.id, coalesce(completed_at, started_at, requested_at) as at, requested_at as asked_at, process_type as name, status,
      coalesce(nullif(concat_ws(' ', first_name, nullif(last_name, '')), ''), created_by) as by,
      array[run.id] || coalesce(part_ids, '{}') as ids
    from automated_process_history run left join users on users.id = substring(created_by from '^person:([0-9]{1,9})$')::int
    where run.id = ${id}`);

const line = z.object({
  id: z.int(),
  at: z.iso.datetime(),
  status: z.string(),
  name: z.string().nullable(),
  person: z.string().nullable(),
  amount_minor: z.int().nullable(),
  sessions: z.int().nullable(),
  starts_at: z.iso.datetime().nullable(),
  /** How many rows there are, beyond those that are listed too. */
  total: z.int(),
});
export type WrittenLine = z.output<typeof line>;
const person = (id: ReturnType<typeof sql.fragment>) =>
  sql.fragment`(select concat_ws(' ', first_name, nullif(last_name, '')) from users where users.id = ${id})`;
const total = sql.fragment`count(*) over ()::int as total`;
const of = (runs: readonly number[]) => sql.array([...runs], 'int4');

/** The sessions that runs took for trainings. `status`: the entry's reason. */
const sessions = (db: Sql, runs: readonly number[]) =>
  db.any(sql.type(line)`
    select entry.id, entry.created_at as at, reason as status, type.name, ${person(sql.fragment`seat.student_id`)} as person,
      null::int8 as amount_minor, delta as sessions, training.starts_at, ${total}
    from session_entries entry join real_training_students seat on seat.id = real_training_student_id
    join real_trainings training on training.id = seat.real_training_id join training_types type on type.id = training.training_type_id
    where entry.run_id = any(${of(runs)}) and reason = 'training' order by entry.id limit ${MOST}`);

/** The invoices that runs wrote. `status`: the invoice's type. */
const invoices = (db: Sql, runs: readonly number[]) =>
  db.any(sql.type(line)`
    select bill.id, bill.created_at as at, bill.type as status, ${invoiceName} as name, ${person(invoicePerson)} as person,
      bill.amount_minor, null::int as sessions, ${invoiceStart} as starts_at, ${total}
    from invoices bill ${aboutInvoice} where bill.run_id = any(${of(runs)}) order by bill.id limit ${MOST}`);

/** The places that runs gave. `status`: what the place is now. */
const places = (db: Sql, runs: readonly number[]) =>
  db.any(sql.type(line)`
    select seat.id, training.starts_at as at, seat.status, type.name, ${person(sql.fragment`seat.student_id`)} as person,
      null::int8 as amount_minor, null::int as sessions, null::timestamptz as starts_at, ${total}
    from real_training_students seat join real_trainings training on training.id = seat.real_training_id
    join training_types type on type.id = training.training_type_id
    where seat.run_id = any(${of(runs)}) order by seat.id limit ${MOST}`);

/** What of each kind runs wrote that is there still: the first rows, each with how many there are. */
export const writtenBy = { run_sessions: sessions, run_invoices: invoices, run_places: places };
