import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';
import { alertNames } from '../notifications/messages/admins.ts';

/** An alert as it stands: the trouble, how often it happened in this episode, and who has taken note of it. */
export const alertItem = z.object({
  id: z.int(),
  fingerprint: z.string(),
  template: z.enum(alertNames),
  params: z.record(z.string(), z.unknown()),
  first_at: z.iso.datetime(),
  last_at: z.iso.datetime(),
  count: z.int(),
  acknowledged_at: z.iso.datetime().nullable(),
  acknowledged_by: z.string().nullable(),
  muted_until: z.iso.datetime().nullable(),
  recovered_at: z.iso.datetime().nullable(),
});
export type AlertItem = z.output<typeof alertItem>;
const columns = sql.fragment`
  id, fingerprint, template, params, first_at, last_at, count, acknowledged_at, acknowledged_by, muted_until, recovered_at`;

/** Alerts by id, newest first, before one; open ones have not recovered. */
export const listAlerts = (db: Sql, { isOpen, before, limit }: { isOpen?: boolean; before?: number; limit: number }) =>
  db.any(sql.type(alertItem)`
    select ${columns} from alerts
    where (${isOpen ?? null}::boolean is null or (recovered_at is null) = ${isOpen ?? null}::boolean)
      and (${before ?? null}::int is null or id < ${before ?? null})
    order by id desc limit ${limit}`);

/** Which alert: by the id of the API, or by the fingerprint of a button. */
type Which = { id: number } | { fingerprint: string };

/**
 * Notes that somebody has taken note of an alert, so that it goes no further; who did first stays. One that is over stays as it is.
 * Null when there is no such alert.
 */
export async function acknowledgeAlert(db: Sql, which: Which, by: string, now: Date): Promise<AlertItem | null> {
  const meant = 'id' in which ? sql.fragment`id = ${which.id}` : sql.fragment`fingerprint = ${which.fingerprint}`;
  await db.query(sql.unsafe`
    update alerts set acknowledged_at = ${now.toISOString()}::timestamptz, acknowledged_by = ${by}
    where ${meant} and acknowledged_at is null and recovered_at is null`);
  return db.maybeOne(sql.type(alertItem)`select ${columns} from alerts where ${meant}`);
}
