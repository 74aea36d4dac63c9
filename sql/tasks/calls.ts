import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';

const callDetails = z.object({
  person_id: z.int(),
  name: z.string(),
  phone: z.string().nullable(),
  /** What is to be said, oldest first. */
  messages: z.array(
    z.object({
      notification_id: z.int(),
      template: z.string(),
      subjects: z.array(z.string()),
      text: z.string(),
      written_at: z.iso.datetime(),
      /** When what it is about begins. */
      begins_at: z.iso.datetime().nullable(),
      is_urgent: z.boolean(),
    }),
  ),
  /** How many older ones had no room. */
  left_out: z.int(),
});
/** What a task of the kind `call` holds. */
export type CallDetails = z.output<typeof callDetails>;

/** Whom to call, locked, so that of two messages at once each finds the other's task; null when there is no such person. */
export const personToCall = (transaction: Sql, userId: number) =>
  transaction.maybeOne(sql.type(z.object({ name: z.string(), phone: z.string().nullable() }))`
    select concat_ws(' ', first_name, nullif(last_name, '')) as name, phone from users where id = ${userId} for no key update`);

/** What a person's open task holds; null where there is none. */
export const openCall = (transaction: Sql, userId: number): Promise<CallDetails | null> =>
  transaction.maybeOneFirst(sql.type(z.object({ details: callDetails }))`
    select details from admin_tasks where kind = 'call' and user_id = ${userId} and done_at is null for update`);

/** Writes a person's task, or writes the open one anew. */
export const writeCall = (transaction: Sql, userId: number, title: string, details: CallDetails) =>
  transaction.query(sql.unsafe`
    insert into admin_tasks (kind, title, details, user_id) values ('call', ${title}, ${sql.jsonb(details as never)}, ${userId})
    on conflict (user_id) where kind = 'call' and done_at is null
    do update set title = excluded.title, details = excluded.details`);
