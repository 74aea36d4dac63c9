import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';

/** Channels that can be asked whether they work without sending anything. */
export const checkedChannels = ['telegram', 'email'] as const;
export type CheckedChannel = (typeof checkedChannels)[number];
/** So many checks in a row have failed: the channel is away. */
export const AWAY_AFTER = 3;

const check = z.object({ channel: z.enum(checkedChannels), failures: z.int(), error: z.string().nullable() });

/** Notes what a check has shown; returns how many in a row have failed. */
export const noteCheck = (db: Sql, channel: CheckedChannel, error: string | null, now: Date) =>
  db.oneFirst(sql.type(z.object({ failures: z.int() }))`
    insert into channel_checks (channel, failures, error, checked_at)
    values (${channel}, ${error === null ? 0 : 1}, ${error}, ${now.toISOString()}::timestamptz)
    on conflict (channel) do update set checked_at = excluded.checked_at, error = excluded.error,
      failures = case when excluded.error is null then 0 else channel_checks.failures + 1 end
    returning failures`);

/** A channel that is not set up (any more) is not away. */
export const forgetChecks = (db: Sql, channels: readonly CheckedChannel[]) =>
  db.query(sql.unsafe`delete from channel_checks where channel <> all(${sql.array([...channels], 'text')})`);

export const channelChecks = (db: Sql) => db.any(sql.type(check)`select channel, failures, error from channel_checks`);
