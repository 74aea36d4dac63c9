import { z } from 'zod';
import { type Sql, sql } from './database.ts';

const flag = sql.type(z.object({ flag: z.boolean() }));

/**
 * The lock that keeps two runs of one process apart on any number of hosts. It belongs to the session, so it goes
 * when its connection does; a run does its chunks on the same connection and can therefore never outlive its lock.
 */
export const tryProcessLock = (connection: Sql, processType: string) =>
  connection.oneFirst(flag`select pg_try_advisory_lock(hashtext('run'), hashtext(${processType})) as flag`);

export const releaseProcessLock = (connection: Sql, processType: string) =>
  connection.oneFirst(flag`select pg_advisory_unlock(hashtext('run'), hashtext(${processType})) as flag`);

/** Serialises whatever fills seats (generation, adding by hand) until the transaction ends. */
export const lockRoster = (transaction: Sql) => transaction.query(sql.unsafe`select pg_advisory_xact_lock(hashtext('roster'))`);

/** Notices within two seconds that this session's client is gone, even in the middle of a statement. */
export const watchClient = (connection: Sql) => connection.query(sql.unsafe`set client_connection_check_interval = '2s'`);
