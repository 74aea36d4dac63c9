import type { FragmentSqlToken } from 'slonik';
import { type Sql, sql } from '../database/database.ts';

/**
 * The lock that keeps two runs of one process apart on any number of hosts; true where it was to be had. It belongs to the session,
 * so it goes when its connection does; a run does its chunks on the same connection and can therefore never outlive its lock.
 */
export const processLocked = (processType: FragmentSqlToken) =>
  sql.fragment`pg_try_advisory_lock(hashtext('run'), hashtext(${processType}))`;

/**
 * Makes the session notice a runner that is gone: within two seconds in the middle of a statement, within ten when its
 * host vanished without a word, within thirty when it is frozen between two statements. Then the lock is free.
 */
export const runnerWatched = sql.fragment`set_config('client_connection_check_interval', '2s', false),
  set_config('idle_session_timeout', '30s', false), set_config('tcp_keepalives_idle', '4', false),
  set_config('tcp_keepalives_interval', '2', false), set_config('tcp_keepalives_count', '3', false)`;

/** Gives the lock back; the session may be idle in the pool again. */
export const processReleased = (processType: FragmentSqlToken) =>
  sql.fragment`set_config('idle_session_timeout', '0', false), pg_advisory_unlock(hashtext('run'), hashtext(${processType}))`;

/** Gives the lock back on its own. */
export const releaseProcessLock = (connection: Sql, processType: string) =>
  connection.query(sql.unsafe`select ${processReleased(sql.fragment`${processType}`)}`);

/** Serialises whatever fills seats (generation, adding by hand) until the transaction ends. */
export const lockRoster = (transaction: Sql) => transaction.query(sql.unsafe`select pg_advisory_xact_lock(hashtext('roster'))`);
