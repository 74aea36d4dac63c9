import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';

export const messageStatuses = ['pending', 'sent', 'failed', 'undeliverable', 'skipped'] as const;
const instant = z.iso.datetime();
export const messageRow = z.object({
  id: z.int(),
  template: z.string(),
  person_id: z.int().nullable(),
  person: z.string().nullable(),
  status: z.enum(messageStatuses),
  channel: z.string().nullable(),
  attempts: z.int(),
  created_at: instant,
  send_after: instant,
  sent_at: instant.nullable(),
  error: z.string().nullable(),
});

/** Messages and what became of them, the newest first, before a cursor (an id). What they say is left out: it may be a code or a link. */
export const listMessages = (db: Sql, of: { status?: (typeof messageStatuses)[number]; before?: number; limit: number }) =>
  db.any(sql.type(messageRow)`
    select message.id, template, user_id as person_id, concat_ws(' ', person.first_name, nullif(person.last_name, '')) as person,
      status, channel, attempts, message.created_at, send_after, sent_at, error
    from notifications message left join users person on person.id = user_id
    where (${of.status ?? null}::text is null or status = ${of.status ?? null})
      and (${of.before ?? null}::int is null or message.id < ${of.before ?? null})
    order by message.id desc limit ${of.limit}`);
