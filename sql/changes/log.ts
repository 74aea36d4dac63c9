import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';

/** What a change can be of, as `changes_log` calls it. */
export const records = [
  'person',
  'student',
  'specialist',
  'role',
  'guardian',
  'command right',
  'training',
  'registration',
  'training type',
  'training template',
  'standing place',
  'group',
  'membership',
  'schedule',
  'trial',
  'subscription',
  'subscription of the catalogue',
  'service',
  'service package',
  'client discount',
  'belt',
  'belt award',
  'belt deferral',
  'belt exam',
  'calendar day',
  'vending owner',
  'ingredient',
  'recipe',
  'recipe item',
  'note',
  'consent',
  'export',
] as const;

export const changeRow = z.object({
  id: z.int(),
  at: z.iso.datetime(),
  actor: z.string(),
  /** The name of the person who acted, if it was one. */
  actor_name: z.string().nullable(),
  cause: z.string().nullable(),
  record: z.enum(records),
  record_id: z.int(),
  action: z.enum(['created', 'changed', 'deleted']),
  before: z.record(z.string(), z.unknown()).nullable(),
  after: z.record(z.string(), z.unknown()).nullable(),
});

type Wanted = { record?: string; recordId?: number; actor?: string; before?: number; limit: number };

/** What was changed, the latest first, before a cursor: of a record, by somebody, or all. */
export const listChanges = (db: Sql, { record, recordId, actor, before, limit }: Wanted) =>
  db.any(sql.type(changeRow)`
    select log.id, at, actor, nullif(concat_ws(' ', person.first_name, nullif(person.last_name, '')), '') as actor_name, cause, record, record_id, action,
      before, after
    from changes_log log
    left join users person on actor like 'person:%' and person.id = substring(actor from '^person:(\\d+)$')::integer
    where (${record ?? null}::text is null or record = ${record ?? null})
      and (${recordId ?? null}::int is null or record_id = ${recordId ?? null})
      and (${actor ?? null}::text is null or actor = ${actor ?? null})
      and (${before ?? null}::bigint is null or log.id < ${before ?? null})
    order by log.id desc limit ${limit}`);
