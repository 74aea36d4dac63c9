import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';

const run = z.object({ id: z.int(), at: z.iso.datetime(), name: z.string(), status: z.string(), day: z.iso.date() });
/** The run that did something; null where none did, or its row is gone. */
export const causingRun = (db: Sql, id: number | null) =>
  db.maybeOne(sql.type(run)`
    select id, coalesce(completed_at, started_at, requested_at) as at, process_type as name, status, process_date as day
    from automated_process_history where id = ${id}`);

const hand = z.object({ at: z.iso.datetime(), name: z.string(), cause: z.string().nullable() });
/** Who did something to a record first, as the log of changes has it (a registration, a subscription); null where it says nothing. */
export const firstHand = (db: Sql, record: string, recordId: number | null) =>
  db.maybeOne(sql.type(hand)`
    select at, coalesce(nullif(concat_ws(' ', first_name, nullif(last_name, '')), ''), actor) as name, cause
    from changes_log log left join users on users.id = substring(actor from '^person:([0-9]{1,9})$')::int
    where record = ${record} and record_id = ${recordId} order by log.id limit 1`);

const told = z.object({ id: z.int(), at: z.iso.datetime(), name: z.string(), person: z.string().nullable(), status: z.string() });
/** What people were sent about some subjects (`invoice:5`, `training:7`) from an instant on, oldest first. */
export const messagesAbout = (db: Sql, of: { readers: readonly number[]; subjects: readonly string[]; from: string }) =>
  db.any(sql.type(told)`
    select note.id, coalesce(sent_at, note.created_at) as at, template as name, concat_ws(' ', first_name, nullif(last_name, '')) as person, status
    from notifications note join users on users.id = user_id
    where user_id = any(${sql.array([...of.readers], 'int4')}) and subjects && ${sql.array([...of.subjects], 'text')}
      and note.created_at >= ${of.from}::timestamptz
    order by note.id limit 20`);

const seat = z.object({
  id: z.int(),
  at: z.iso.datetime(),
  status: z.string(),
  student_id: z.int(),
  payer_id: z.int(),
  training_id: z.int(),
  training_date: z.iso.date(),
  name: z.string(),
  charged_at: z.iso.datetime().nullable(),
  session_entry_id: z.int().nullable(),
  invoice_id: z.int().nullable(),
  last_invoice_id: z.int().nullable(),
  last_session_id: z.int().nullable(),
  price_minor: z.int(),
  is_excused: z.boolean(),
});
/** A place in a training and what it was charged with; null when there is none. What was given back is the last charge. */
export const findSeat = (db: Sql, id: number) =>
  db.maybeOne(sql.type(seat)`
    select seat.id, training.starts_at as at, seat.status, seat.student_id, student.payer_id, training.id as training_id, training.training_date, type.name,
      seat.charged_at, seat.session_entry_id, seat.invoice_id,
      (select max(id) from invoices where real_training_student_id = seat.id) as last_invoice_id,
      (select max(id) from session_entries where real_training_student_id = seat.id and reason = 'training') as last_session_id,
      coalesce(seat.own_price_minor, training.price_minor)::int8 as price_minor, seat.excused_at is not null as is_excused
    from real_training_students seat
    join students student on student.id = seat.student_id
    join real_trainings training on training.id = seat.real_training_id
    join training_types type on type.id = training.training_type_id
    where seat.id = ${id}`);

/** The session entry that a booking took; null where it took none. */
export const bookingSessionEntry = (db: Sql, bookingId: number) =>
  db.maybeOneFirst(sql.type(z.object({ id: z.int() }))`
    select id from session_entries where booking_id = ${bookingId} and reason = 'booking'`);
