import pg from 'pg';
import { type Sql, sql } from '../database/database.ts';
import { PrimaryClient } from '../database/hosts.ts';

const CHANNEL = 'slots_preview';

/** Tells everyone who listens, as soon as the transaction is committed. A payload has at most 7999 bytes. */
export const notifySlots = (db: Sql, payloads: readonly string[]) => notifyChannel(db, CHANNEL, payloads);

/** The same on a channel. */
export const notifyChannel = (db: Sql, channel: string, payloads: readonly string[]) =>
  db.query(sql.unsafe`
    select pg_notify(${channel}, payload) from unnest(${sql.array([...payloads], 'text')}) as payload`);

/** A network that swallows packets tells nothing to whoever only listens: it asks this often, and waits so long for an answer. */
const LOOK_MS = 10_000;
const ALIVE_MS = 3_000;

/** What a listener hears: a payload, or that its connection is gone and it may have missed some. */
export type Ears = { hear(payload: string): void; lost(error: Error): void };

export const listenToSlots = (url: string, ears: Ears) => listenToChannel(url, CHANNEL, ears, 'slots stream');

/**
 * Listens on a connection of its own. Resolves once nothing can be missed; returns how to stop.
 * @param channel an identifier
 * @param name what `pg_stat_activity` calls the connection
 */
export async function listenToChannel(
  url: string,
  channel: string,
  { hear, lost }: Ears,
  name = channel,
): Promise<() => Promise<void>> {
  const client = new PrimaryClient({
    connectionString: url,
    application_name: name,
    connectionTimeoutMillis: 3_000,
    keepAlive: true,
    query_timeout: ALIVE_MS,
  });
  let isOver = false;
  let watch: NodeJS.Timeout | undefined;
  const close = () => {
    isOver = true;
    clearInterval(watch);
  };
  const end = (error: Error) => {
    if (isOver) return;
    close();
    lost(error);
    void client.end().catch(() => undefined);
  };
  client.on('error', end);
  client.on('end', () => end(new Error('the connection that listens has ended')));
  client.on('notification', ({ payload = '' }) => hear(payload));
  try {
    await client.connect();
    await client.query(`listen ${pg.escapeIdentifier(channel)}`);
  } catch (error) {
    close();
    void client.end().catch(() => undefined);
    throw error;
  }
  watch = setInterval(() => client.query('select 1').catch(end), LOOK_MS).unref();
  return async () => {
    close();
    await client.end();
  };
}
