import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';

/** What somebody may ask about their own data (R30). `stop`: that nothing is kept any more. */
export const dataRequestKinds = ['show', 'correct', 'erase', 'stop'] as const;
export type DataRequestKind = (typeof dataRequestKinds)[number];

/** Each is a task of this kind. */
export const taskKindOf: Readonly<Record<DataRequestKind, string>> = {
  show: 'data_show',
  correct: 'data_correct',
  erase: 'data_erase',
  stop: 'erase_person',
};
export const dataTaskKinds: readonly string[] = Object.values(taskKindOf);

export const dataRequestRow = z.object({
  id: z.int().meta({ description: 'of the task' }),
  kind: z.enum(dataRequestKinds),
  asked_on: z.iso.date(),
  due_on: z.iso.date().meta({ description: 'the last day for an answer' }),
  note: z.string().nullable().meta({ description: 'what they said' }),
  created_at: z.iso.datetime(),
  done_at: z.iso.datetime().nullable(),
  answer: z.string().nullable().meta({ description: 'what was answered; null: the file was given, or nothing yet' }),
});
export type DataRequest = z.output<typeof dataRequestRow>;

const kind = sql.fragment`case kind when 'data_show' then 'show' when 'data_correct' then 'correct' when 'data_erase' then 'erase' else 'stop' end`;
const columns = sql.fragment`id, ${kind} as kind, (details ->> 'asked_on')::date as asked_on, (details ->> 'due_on')::date as due_on,
  details ->> 'note' as note, created_at, done_at, details ->> 'answer' as answer`;
/** What was erased says no more when it was due. */
const ofThem = (userId: number) =>
  sql.fragment`user_id = ${userId} and kind = any(${sql.array([...dataTaskKinds], 'text')}) and details ? 'due_on'`;

/** What somebody asked about their own data: the open ones first, by their deadline, then the others, the latest first. */
export const listDataRequests = (db: Sql, userId: number) =>
  db.any(sql.type(dataRequestRow)`
    select ${columns} from admin_tasks where ${ofThem(userId)}
    order by done_at desc nulls first, details ->> 'due_on', id`);

/** One of them, locked, or null. */
export const takeDataRequest = (transaction: Sql, userId: number, id: number) =>
  transaction.maybeOne(sql.type(dataRequestRow)`
    select ${columns} from admin_tasks where id = ${id} and ${ofThem(userId)} for no key update`);

const asker = z.object({ name: z.string(), merged_into: z.int().nullable(), is_erased: z.boolean() });
/** Who asks, locked, so that of two at once one is written; null: nobody of this number. */
export const lockAsker = (transaction: Sql, userId: number) =>
  transaction.maybeOne(sql.type(asker)`
    select concat_ws(' ', first_name, nullif(last_name, '')) as name, merged_into,
      exists (select from erasures where user_id = users.id) as is_erased
    from users where id = ${userId} for no key update`);

type NewDataRequest = {
  userId: number;
  kind: DataRequestKind;
  title: string;
  details: Record<string, unknown>;
  dedupe: string | null;
  by: string;
};

/** Writes a request; where one of the kind is open, or it was written under its key already, nothing changes. */
export const writeDataRequest = (transaction: Sql, of: NewDataRequest) =>
  transaction.query(sql.unsafe`
    insert into admin_tasks (kind, title, details, dedupe_key, user_id, created_by)
    values (${taskKindOf[of.kind]}, ${of.title}, ${sql.jsonb(of.details as never)}, ${of.dedupe}, ${of.userId}, ${of.by})
    on conflict do nothing`);

/** The open one of a kind, which is there. */
export const openDataRequest = (transaction: Sql, userId: number, asked: DataRequestKind) =>
  transaction.one(sql.type(dataRequestRow)`
    select ${columns} from admin_tasks where user_id = ${userId} and kind = ${taskKindOf[asked]} and done_at is null`);
