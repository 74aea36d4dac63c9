import type { Redis } from 'ioredis';
import type { Backend } from '../../queues/backend/backend.ts';
import type { Day } from '../../queues/time/calendar.ts';
import type { Database, Sql } from '../../sql/database/database.ts';
import type { StoredDay } from '../../sql/slots/stored.ts';
import type { Calculated } from './calculate.ts';
import { type Grid, gridText } from './grid.ts';
import { redisSlots } from './redis-slots.ts';
import { tableSlots } from './table-slots.ts';

/**
 * Where calculated days lie, ready to be read. It holds nothing that cannot be calculated again. A day is written whole, and
 * one that knows more never yields to one of its book that knows less, however late the latter comes. A day of another book, as
 * a restored database finds them, is not there when it is read, and yields.
 */
export type SlotStore = {
  /** The stored texts of contiguous days; null for each that is not there. */
  read(book: string, specialistIds: readonly number[], days: readonly Day[]): Promise<Map<number, (string | null)[]>>;
  write(days: readonly StoredDay[]): Promise<void>;
};

const opened = new WeakMap<Redis, SlotStore>();

/** On Redis where the fleet has Redis, one store a connection; else in PostgreSQL. */
export function slotStoreOf({ backend: { redis }, db }: { backend: Backend; db: Sql | Database }): SlotStore {
  if (!redis) return tableSlots(db);
  const store = opened.get(redis) ?? redisSlots(redis);
  opened.set(redis, store);
  return store;
}

/** Days live for 20 to 24 hours, spread, so that they do not all have to be calculated again in the same minute. */
const LIFE = { least: 20 * 3_600, spread: 4 * 3_600 };

/** A day of another zone is another day, so it says which one it is of. */
const textOf = (grid: Grid, zone: string) => `${gridText(grid)} ${zone}`;
const ZONE_AT = 49;

export const storeGrids = (store: SlotStore, zone: string, calculated: readonly Calculated[]) =>
  store.write(
    calculated.flatMap(({ specialistId, book, version, days }) =>
      days.map(({ day, grid }) => ({
        specialistId,
        day,
        book,
        version,
        grid: textOf(grid, zone),
        seconds: LIFE.least + Math.floor(Math.random() * LIFE.spread),
      })),
    ),
  );

/** The stored grids of contiguous days, as text; null for each that is not there or was made for another zone or from another database. */
export async function readStored(
  store: SlotStore,
  { zone, book }: { zone: string; book: string },
  specialistIds: readonly number[],
  days: readonly Day[],
) {
  const stored = await store.read(book, specialistIds, days);
  const isOurs = (text: string) => text.length === ZONE_AT + zone.length && text.endsWith(zone);
  const ours = (text: string | null) => (text !== null && isOurs(text) ? text.slice(0, ZONE_AT - 1) : null);
  return new Map([...stored].map(([specialistId, texts]) => [specialistId, texts.map(ours)]));
}
