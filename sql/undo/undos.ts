import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';

/** So long a change can be taken back (D49). */
export const UNDO_SECONDS = 10;

export const undoKinds = [
  'training_changed',
  'trainings_created',
  'trainings_cancelled',
  'booking_moved',
  'booking_cancelled',
] as const;
export type UndoKind = (typeof undoKinds)[number];

const opened = z.object({ id: z.int(), until: z.iso.datetime() });
export type Opened = z.output<typeof opened>;

/**
 * Begins a change that can be taken back, in its transaction: notes the trainings as they are, with their registrations and what pays
 * for each. Every message that the transaction writes from here on belongs to the change and waits for `until`. The caller holds the
 * trainings. End it by {@link closeUndo}.
 */
export const openUndo = (
  transaction: Sql,
  of: { kind: UndoKind; subjectId: number; actor: string; trainingIds?: readonly number[]; before?: object },
): Promise<Opened> =>
  transaction.one(sql.type(opened)`
    with opened as (
      insert into undos (kind, subject_id, actor, training_ids, until, before)
      select ${of.kind}, ${of.subjectId}, ${of.actor}, ids, clock_timestamp() + make_interval(secs => ${UNDO_SECONDS}),
        ${sql.jsonb((of.before ?? {}) as never)} || jsonb_build_object('trainings', ${snapshotOf(sql.fragment`ids`)})
      from (select ${sql.array([...(of.trainingIds ?? [])], 'int4')} as ids) as named
      returning id, until
    ), noted as materialized (
      select set_config('studio.undo', id::text, true), set_config('studio.undo_until', until::text, true) from opened
    )
    select id, until from opened, noted`);

/** Trainings with their registrations, and of each what pays for it, as they are. */
const snapshotOf = (ids: ReturnType<typeof sql.fragment>) => sql.fragment`
  (select coalesce(jsonb_agg(jsonb_build_object('row', to_jsonb(training), 'seats', (
      select coalesce(jsonb_agg(to_jsonb(seat) || jsonb_build_object('held_id', entry.student_subscription_id, 'delta', entry.delta,
        'invoice_status', invoice.status, 'amount_minor', invoice.amount_minor, 'payer_id', invoice.payer_id) order by seat.id), '[]')
      from real_training_students seat
      left join session_entries entry on entry.id = seat.session_entry_id
      left join invoices invoice on invoice.id = seat.invoice_id
      where seat.real_training_id = training.id)) order by training.id), '[]')
    from real_trainings training where training.id = any(${ids}))`;

/** What must be as the change left it, if it is to be taken back: versions, and of each registration its status and charge. */
const fingerprintOf = (ids: ReturnType<typeof sql.fragment>) => sql.fragment`
  (select coalesce(jsonb_agg(jsonb_build_object('id', training.id, 'version', version, 'seats', (
      select coalesce(jsonb_agg(jsonb_build_array(seat.id, seat.student_id, seat.status, seat.session_entry_id, seat.invoice_id, seat.returns,
        seat.charged_at is not null, seat.attendance_marked_at, seat.excused_at, invoice.status) order by seat.id), '[]')
      from real_training_students seat left join invoices invoice on invoice.id = seat.invoice_id
      where seat.real_training_id = training.id)) order by training.id), '[]')
    from real_trainings training where training.id = any(${ids}))`;

/** What became of the change beside the trainings. */
export type Aftermath = {
  /** Trainings that the change has made. */
  createdIds?: readonly number[];
  /** Whose wallets got something back. */
  payerIds?: readonly number[];
  /** Trainings in which seats became free. */
  freedTrainingIds?: readonly number[];
  /** Messages that were outdated by those of the change, as they were. */
  outdated?: readonly { id: number; status: string; error: string | null }[];
  /** Where the sessions of registrations are now. */
  returned?: readonly { seat_id: number; returned_to_id: number | null }[];
  more?: object;
};

/** Ends what {@link openUndo} began: notes how things are left, and what is to follow once nobody can take it back. */
export const closeUndo = (transaction: Sql, id: number, of: Aftermath) =>
  transaction.query(sql.unsafe`
    with settings as materialized (select set_config('studio.undo', '', true), set_config('studio.undo_until', '', true)),
    named as materialized (select training_ids || ${sql.array([...(of.createdIds ?? [])], 'int4')} as ids from undos where id = ${id})
    update undos set training_ids = ids, subject_id = case when kind = 'trainings_created' then coalesce(ids[1], subject_id) else subject_id end,
      after = ${sql.jsonb({ outdated: of.outdated ?? [], returned: of.returned ?? [], ...of.more } as never)} || jsonb_build_object(
        'trainings', ${fingerprintOf(sql.fragment`ids`)},
        'changes', (select coalesce(jsonb_agg(id order by id), '[]') from schedule_changes
          where changed_at = now() and real_training_id = any(ids))),
      settle_payer_ids = ${sql.array([...new Set(of.payerIds ?? [])], 'int4')},
      freed_training_ids = ${sql.array([...(of.freedTrainingIds ?? [])], 'int4')},
      followed_at = case when ${(of.payerIds ?? []).length + (of.freedTrainingIds ?? []).length === 0} then now() end
    from settings, named where undos.id = ${id}`);

/** Nothing happened, or nothing that could be taken back: there is no such change, and what it wrote waits for nothing. */
export const dropUndo = (transaction: Sql, id: number) =>
  transaction.query(sql.unsafe`
    with settings as materialized (select set_config('studio.undo', '', true), set_config('studio.undo_until', '', true)),
    released as (
      update notifications set undo_id = null, held_until = null, send_after = now() where undo_id = ${id}
    )
    delete from undos using settings where id = ${id}`);

const change = z.object({ row: z.record(z.string(), z.unknown()), seats: z.array(z.record(z.string(), z.unknown())) });
const undo = z.object({
  id: z.int(),
  kind: z.enum(undoKinds),
  subject_id: z.int(),
  training_ids: z.array(z.int()),
  actor: z.string(),
  before: z.looseObject({ trainings: z.array(change) }),
  after: z.looseObject({
    outdated: z.array(z.object({ id: z.int(), status: z.string(), error: z.string().nullable() })).default([]),
    returned: z.array(z.object({ seat_id: z.int(), returned_to_id: z.int().nullable() })).default([]),
    changes: z.array(z.int()).default([]),
    trainings: z.array(z.unknown()).default([]),
  }),
  until: z.iso.datetime(),
  undone_at: z.iso.datetime().nullable(),
  is_over: z.boolean(),
});
export type Undo = z.output<typeof undo>;

/** A change that can be taken back, locked; null where there is none. */
export const lockUndo = (transaction: Sql, id: number) =>
  transaction.maybeOne(sql.type(undo)`
    select id, kind, subject_id, training_ids, actor, before, after, until, undone_at, until <= clock_timestamp() as is_over
    from undos where id = ${id} for update`);

const difference = z.object({ id: z.int(), was: z.unknown(), is_now: z.unknown() });

/** The trainings that are not as the change left them, with both states; a training that is gone has none now. */
export const whatDiffers = (db: Sql, id: number) =>
  db.any(sql.type(difference)`
    with left_as as materialized (
      select (one ->> 'id')::int as id, one from undos, jsonb_array_elements(after -> 'trainings') as one where undos.id = ${id}
    ), present as materialized (
      select (one ->> 'id')::int as id, one from jsonb_array_elements(${fingerprintOf(sql.fragment`array(select id from left_as)`)}) as one
    )
    select left_as.id, left_as.one as was, present.one as is_now from left_as left join present using (id)
    where left_as.one is distinct from present.one order by id`);

/** Notes that a change was taken back. Returns when. */
export const noteUndone = (transaction: Sql, id: number) =>
  transaction.oneFirst(sql.type(z.object({ undone_at: z.iso.datetime() }))`
    update undos set undone_at = now(), followed_at = now() where id = ${id} returning undone_at`);

/** Whether something is to follow from a change that nobody can take back any more. */
export const isAnyUndoOver = (db: Sql) =>
  db.oneFirst(sql.type(z.object({ is_over: z.boolean() }))`
    select exists (select from undos where followed_at is null and undone_at is null and until <= now()) as is_over`);

/** The next change that nobody can take back any more and from which something is to follow, locked; null where there is none. */
export const takeOver = (transaction: Sql) =>
  transaction.maybeOne(sql.type(
    z.object({ id: z.int(), settle_payer_ids: z.array(z.int()), freed_training_ids: z.array(z.int()) }),
  )`
    update undos set followed_at = now()
    where id = (
      select id from undos where followed_at is null and undone_at is null and until <= now() order by until limit 1 for update skip locked)
    returning id, settle_payer_ids, freed_training_ids`);

/** Locks trainings, in order of id. Take the students before. */
export const lockTrainings = (transaction: Sql, ids: readonly number[]) =>
  transaction.query(sql.unsafe`
    select from real_trainings where id = any(${sql.array([...ids], 'int4')}) order by id for no key update`);
