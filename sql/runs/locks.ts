import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';

const flag = sql.type(z.object({ flag: z.boolean() }));

/**
 * The lock that keeps two runs of one process apart on any number of hosts. It belongs to the session, so it goes
 * when its connection does; a run does its chunks on the same connection and can therefore never outlive its lock.
 */
export const tryProcessLock = (connection: Sql, processType: string) =>
  connection.oneFirst(flag`select pg_try_advisory_lock(hashtext('run'), hashtext(${processType})) as flag`);

/**
 * Makes the session notice a runner that is gone: within two seconds in the middle of a statement, within ten when its
 * host vanished without a word, within thirty when it is frozen between two statements. Then the lock is free.
 */
export const watchRunner = (connection: Sql) =>
  connection.query(sql.unsafe`
    select set_config('client_connection_check_interval', '2s', false), set_config('idle_session_timeout', '30s', false),
      set_config('tcp_keepalives_idle', '4', false), set_config('tcp_keepalives_interval', '2', false),
      set_config('tcp_keepalives_count', '3', false)`);

/** Gives the lock back; the session may be idle in the pool again. */
export const releaseProcessLock = (connection: Sql, processType: string) =>
  connection.oneFirst(flag`
    with awake as materialized (select set_config('idle_session_timeout', '0', false))
    select pg_advisory_unlock(hashtext('run'), hashtext(${processType})) as flag from awake`);

/** Serialises whatever fills seats (generation, adding by hand) until the transaction ends. */
export const lockRoster = (transaction: Sql) => transaction.query(sql.unsafe`select pg_advisory_xact_lock(hashtext('roster'))`);
