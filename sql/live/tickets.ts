import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';

/** Keeps a ticket of a session; those of the session that are over go. */
export const insertTicket = (
  db: Sql,
  { hash, sessionId, now, expires }: { hash: Buffer; sessionId: number; now: Date; expires: Date },
) =>
  db.query(sql.unsafe`
    with over as (
      delete from live_tickets where session_id = ${sessionId} and expires_at <= ${now.toISOString()}::timestamptz
    )
    insert into live_tickets (token_hash, session_id, expires_at)
    values (${sql.binary(hash)}, ${sessionId}, ${expires.toISOString()}::timestamptz)`);

/** Uses a ticket up. Returns the hash of its session's token, or null: unknown, used or over. Of two at once one gets it. */
export const useTicket = (db: Sql, hash: Buffer, now: Date) =>
  db.maybeOneFirst(sql.type(z.object({ token_hash: z.instanceof(Buffer) }))`
    with used as (
      delete from live_tickets where token_hash = ${sql.binary(hash)} returning session_id, expires_at
    )
    select token_hash from used join sessions on sessions.id = session_id
    where used.expires_at > ${now.toISOString()}::timestamptz`);
