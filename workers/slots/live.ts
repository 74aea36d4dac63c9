import type { Redis } from 'ioredis';
import type { Backend } from '../../queues/backend/backend.ts';
import { log } from '../../queues/log/log.ts';
import { databaseUrlOf, type Fleet } from '../../queues/process/fleet.ts';
import type { Sql } from '../../sql/database/database.ts';
import { type Ears, listenToSlots, notifySlots } from '../../sql/slots/live.ts';
import type { Calculated } from './calculate.ts';
import { type DaysTold, readTold, writeTold } from './day-changes.ts';
import { hearOnRedis, redisChannel } from './redis-live.ts';

/** A listener of one specialist. `missed` says that it may not have heard everything and should look again. */
export type Listener = { told(days: DaysTold): void; missed(): void };

/** Tells whoever listens of rewritten days, a message a specialist. */
export async function publishSlots({ backend, db }: { backend: Backend; db: Sql }, calculated: readonly Calculated[]) {
  const messages = calculated.filter(({ days }) => days.length > 0).map(writeTold);
  if (messages.length === 0) return;
  if (!backend.redis) return notifySlots(db, messages);
  const { redis } = backend;
  await Promise.all(messages.map((message) => redis.publish(redisChannel(redis), message)));
}

export type LiveSlots = ReturnType<typeof openLiveSlots>;
const opened = new WeakMap<Backend, LiveSlots>();

/** What this process hears: one connection for all its listeners, opened for the first and closed after the last. */
export function liveSlotsOf(fleet: Pick<Fleet, 'backend' | 'settings'>): LiveSlots {
  const live = opened.get(fleet.backend) ?? openLiveSlots((ears) => listen(fleet, ears));
  opened.set(fleet.backend, live);
  return live;
}

const listen = ({ backend, settings }: Pick<Fleet, 'backend' | 'settings'>, ears: Ears) =>
  backend.redis ? hearOnRedis(backend.redis as Redis, ears) : listenToSlots(databaseUrlOf(settings), ears);

const AGAIN_MS = 500;

/** One that is open, or being opened: how to close it. */
type Connection = Promise<() => Promise<void>>;

/** Shares one connection among listeners and opens it again when it is lost; then every listener is told to look again. */
export function openLiveSlots(connect: (ears: Ears) => Connection) {
  const listeners = new Map<number, Set<Listener>>();
  let connection: Connection | undefined;

  const everyone = () => [...listeners.values()].flatMap((own) => [...own]);
  function hear(payload: string) {
    const { data: told, error } = readTold(payload);
    // Nobody catches what is thrown here; it would end the process.
    if (!told) return log.warn({ payload: payload.slice(0, 100), problem: error.issues[0]?.message }, 'no message of slots');
    for (const listener of listeners.get(told.specialist_id) ?? []) listener.told(told);
  }
  function lost(own: Connection, error: Error) {
    // One that was left already may be lost while its successor is open.
    if (connection !== own) return;
    connection = undefined;
    log.warn({ err: error }, 'the connection that hears of slots is lost; opening it again');
    setTimeout(again, AGAIN_MS).unref();
  }
  async function again() {
    if (listeners.size === 0) return;
    try {
      await connected();
      for (const listener of everyone()) listener.missed();
    } catch (error) {
      log.debug({ err: error }, 'the connection that hears of slots is not back yet');
      setTimeout(again, AGAIN_MS).unref();
    }
  }
  function connected() {
    connection ??= open();
    return connection;
  }
  function open() {
    const own: Connection = connect({ hear, lost: (error) => lost(own, error) });
    own.catch(() => {
      if (connection === own) connection = undefined;
    });
    return own;
  }
  async function leave(specialistId: number, listener: Listener) {
    const own = listeners.get(specialistId);
    own?.delete(listener);
    if (own?.size === 0) listeners.delete(specialistId);
    if (listeners.size > 0 || !connection) return;
    const closing = connection;
    connection = undefined;
    await closing.then((close) => close()).catch((error) => log.debug({ err: error }, 'a connection was gone already'));
  }

  return {
    /** Resolves once nothing can be missed any more; returns how to stop. Throws when there is no connection to be had. */
    async subscribe(specialistId: number, listener: Listener): Promise<() => Promise<void>> {
      const own = listeners.get(specialistId) ?? new Set();
      listeners.set(specialistId, own.add(listener));
      try {
        await connected();
      } catch (error) {
        await leave(specialistId, listener);
        throw error;
      }
      return () => leave(specialistId, listener);
    },
    count: () => everyone().length,
  };
}
