import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';

/** Whose: `#` and the id of the API key, and the key of the request. */
type Of = { caller: string; key: string };

/** A request is answered after so many seconds at most; one that is not was cut off by the end of its process. */
const LONGEST_SECONDS = 75;

/** Holds a key until the transaction ends; false while a twin holds it. */
export const tryIdempotencyLock = (transaction: Sql, { caller, key }: Of) =>
  transaction.oneFirst(sql.type(z.object({ locked: z.boolean() }))`
    select pg_try_advisory_xact_lock(hashtext('idempotency'), hashtext(${`${caller}\n${key}`})) as locked`);

const stored = z.object({
  request_hash: z.instanceof(Buffer),
  status: z.int(),
  headers: z.record(z.string(), z.string()),
  body: z.unknown(),
  is_being_answered: z.boolean(),
});

/** The answer stored under a key in the last 24 hours, or null. While it is being answered, what is stored is its first step. */
export const findAnswer = (db: Sql, { caller, key }: Of) =>
  db.maybeOne(sql.type(stored)`
    select request_hash, status, headers, body,
      not is_final and created_at > now() - make_interval(secs => ${LONGEST_SECONDS}) as is_being_answered
    from idempotency_keys
    where api_key = ${caller} and key = ${key} and created_at > now() - interval '24 hours'`);

/** Stores an answer; the final one of a request replaces its first one. */
export const keepAnswer = (
  db: Sql,
  { caller, key }: Of,
  hash: Buffer,
  answer: { status?: number; headers?: Record<string, string | string[]>; body: unknown },
  isFinal: boolean,
) =>
  db.query(sql.unsafe`
    insert into idempotency_keys (api_key, key, request_hash, status, headers, body, is_final)
    values (${caller}, ${key}, ${sql.binary(hash)}, ${answer.status ?? 200}, ${sql.jsonb(answer.headers ?? {})},
      ${sql.json((answer.body ?? null) as never)}, ${isFinal})
    on conflict (api_key, key) do update set request_hash = excluded.request_hash, status = excluded.status,
      headers = excluded.headers, body = excluded.body, is_final = excluded.is_final, created_at = now()`);
