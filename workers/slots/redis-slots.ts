import type { Redis } from 'ioredis';
import type { Day } from '../../queues/time/calendar.ts';
import type { StoredDay } from '../../sql/slots/stored.ts';
import type { SlotStore } from './store.ts';

/** The braces keep all days of a specialist together on Redis Cluster, so that one MGET reads them. */
export const slotKey = (specialistId: number, day: Day) => `slots_preview:{${specialistId}}:${day}`;

/**
 * Writes days of one specialist, each whole, unless a day of the same book with a higher version is there. A value is its version,
 * its book and its grid; one without a database is of none.
 */
const WRITE = `
for n, key in ipairs(KEYS) do
  local fresh = ARGV[2 * n - 1]
  local version, book = string.match(fresh, '^(%d+) (%S+) ')
  local known, of = string.match(redis.call('get', key) or '', '^(%d+) (%S+) ')
  if of ~= book or tonumber(known) <= tonumber(version) then
    redis.call('set', key, fresh, 'EX', ARGV[2 * n])
  end
end`;

/** Days on Redis: one MGET a specialist to read, one script a specialist to write, all of them sent without waiting in between. */
export const redisSlots = (redis: Redis): SlotStore => ({
  async read(book, specialistIds, days) {
    if (days.length === 0) return new Map(specialistIds.map((id) => [id, []]));
    const read = (id: number) => redis.mget(days.map((day) => slotKey(id, day)));
    const found = await Promise.all(specialistIds.map(read));
    return new Map(specialistIds.map((id, n) => [id, gridsOf(book, found[n]!)]));
  },
  async write(days) {
    await Promise.all([...Map.groupBy(days, ({ specialistId }) => specialistId).values()].map((own) => writeOwn(redis, own)));
  },
});

function gridsOf(book: string, values: readonly (string | null)[]) {
  const mark = `${book} `;
  return values.map((value) => {
    if (value === null) return null;
    const at = value.indexOf(' ') + 1;
    return value.startsWith(mark, at) ? value.slice(at + mark.length) : null;
  });
}

const writeOwn = (redis: Redis, days: readonly StoredDay[]) =>
  redis.eval(
    WRITE,
    days.length,
    ...days.map(({ specialistId, day }) => slotKey(specialistId, day)),
    ...days.flatMap(({ book, version, grid, seconds }) => [`${version} ${book} ${grid}`, seconds]),
  );
