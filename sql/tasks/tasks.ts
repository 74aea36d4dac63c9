import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';
import { dataTaskKinds } from './data-requests.ts';

/** Something an admin is to look at. */
export const taskRow = z.object({
  id: z.int(),
  kind: z.string(),
  title: z.string(),
  details: z.record(z.string(), z.unknown()),
  dedupe_key: z.string().nullable(),
  created_by: z.string(),
  created_at: z.iso.datetime(),
  done_at: z.iso.datetime().nullable(),
  done_by: z.string().nullable(),
  hidden_at: z.iso.datetime().nullable(),
});
export type Task = z.output<typeof taskRow>;

/** A task to write: its kind in snake_case, a title in the studio's language, and the key under which it is written at most once. */
export type NewTask = { kind: string; title: string; details?: Record<string, unknown>; dedupe: string };

/** Of these a person has one open task of a kind. */
export const ONE_OPEN: readonly string[] = ['call', ...dataTaskKinds];

const columns = sql.fragment`id, kind, title, details, dedupe_key, created_by, created_at, done_at, done_by, hidden_at`;

/** Writes tasks in the transaction of their cause; one written already, done or not, stays as it is. Returns how many are new. */
export async function writeTasks(transaction: Sql, tasks: readonly NewTask[]): Promise<number> {
  if (tasks.length === 0) return 0;
  const rows = tasks.map(({ kind, title, details, dedupe }) => [kind, title, JSON.stringify(details ?? {}), dedupe]);
  const { rowCount } = await transaction.query(sql.unsafe`
    insert into admin_tasks (kind, title, details, dedupe_key)
    select * from ${sql.unnest(rows, ['text', 'text', 'jsonb', 'text'])}
    on conflict (dedupe_key) do nothing`);
  return rowCount;
}

/** Writes a task that a person asks for. Throws when its key is taken. */
export const addTask = (
  db: Sql,
  task: { kind: string; title: string; details: Record<string, unknown>; dedupe: string | null; by: string },
) =>
  db.one(sql.type(taskRow)`
    insert into admin_tasks (kind, title, details, dedupe_key, created_by)
    values (${task.kind}, ${task.title}, ${sql.jsonb(task.details as never)}, ${task.dedupe}, ${task.by})
    returning ${columns}`);

/** A task in a list; what has longer details than {@link MOST_LISTED} shows them when it is looked at alone. */
export const listedTask = taskRow.extend({
  details: taskRow.shape.details.nullable().meta({ description: 'null: too long for a list; the task itself has them' }),
});
/** Bytes of details that a list shows. */
const MOST_LISTED = 2_000;

/** The task, or null. */
export const findTask = (db: Sql, id: number): Promise<Task | null> =>
  db.maybeOne(sql.type(taskRow)`select ${columns} from admin_tasks where id = ${id}`);

/** Tasks, newest first, after a cursor (an id); the hidden ones among them only when asked for. */
export const listTasks = (
  db: Sql,
  filter: { status?: 'open' | 'done'; kind?: string; hidden: boolean; before?: number; limit: number },
) =>
  db.any(sql.type(listedTask)`
    select id, kind, title, case when octet_length(details::text) <= ${MOST_LISTED} then details end as details, dedupe_key,
      created_by, created_at, done_at, done_by, hidden_at
    from admin_tasks
    where (hidden_at is null or ${filter.hidden}::boolean)
      and (${filter.status ?? null}::text is null or (done_at is not null) = (${filter.status ?? null} = 'done'))
      and (${filter.kind ?? null}::text is null or kind = ${filter.kind ?? null})
      and (${filter.before ?? null}::int is null or id < ${filter.before ?? null})
    order by id desc limit ${filter.limit}`);

/** Notes a task as done, with what was answered, if anything; one that is done stays as it was. Null when there is no such task. */
export async function finishTask(transaction: Sql, id: number, by: string, answer?: string): Promise<Task | null> {
  const more = answer === undefined ? {} : { answer };
  await transaction.query(sql.unsafe`
    update admin_tasks set done_at = now(), done_by = ${by}, details = details || ${sql.jsonb(more)}
    where id = ${id} and done_at is null`);
  return findTask(transaction, id);
}

/**
 * Takes back that a task is done, and shows it again if it was hidden since; an open one stays as it is. One to call somebody, or what
 * they asked about their data, stays done where a newer one of the kind is open: everything to come stands there. Null when there is none.
 */
export async function reopenTask(transaction: Sql, id: number): Promise<Task | null> {
  await transaction.query(sql.unsafe`
    update admin_tasks done set done_at = null, done_by = null, hidden_at = null, details = details - 'answer'
    where id = ${id} and done_at is not null and not (kind = any(${sql.array([...ONE_OPEN], 'text')}) and exists (
        select from admin_tasks newer where newer.kind = done.kind and newer.user_id = done.user_id and newer.done_at is null))`);
  return transaction.maybeOne(sql.type(taskRow)`select ${columns} from admin_tasks where id = ${id}`);
}

/** Hides the next `size` tasks that were done before an instant from the lists; they stay in the database. Returns how many. */
export async function hideDoneTasks(transaction: Sql, before: string, size: number): Promise<number> {
  const { rowCount } = await transaction.query(sql.unsafe`
    update admin_tasks set hidden_at = now()
    where id in (
      select id from admin_tasks where hidden_at is null and done_at < ${before}::timestamptz
      order by done_at limit ${size} for update skip locked)`);
  return rowCount;
}
