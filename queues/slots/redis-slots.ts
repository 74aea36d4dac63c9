import type { Redis } from 'ioredis';
import type { Day } from '../calendar.ts';
import type { SlotStore, StoredDay } from './store.ts';

/** The braces keep all days of a specialist together on Redis Cluster, so that one MGET reads them. */
export const slotKey = (specialistId: number, day: Day) => `slots_preview:{${specialistId}}:${day}`;

/** Writes days of one specialist, each whole, unless a day with a higher version is there. A value is its version, then its grid. */
const WRITE = `
for n, key in ipairs(KEYS) do
  local known = redis.call('get', key)
  if not known or tonumber(string.match(known, '^%d+')) <= tonumber(ARGV[3 * n - 2]) then
    redis.call('set', key, ARGV[3 * n - 2] .. ' ' .. ARGV[3 * n - 1], 'EX', ARGV[3 * n])
  end
end`;

/** Days on Redis: one MGET a specialist to read, one script a specialist to write, all of them sent without waiting in between. */
export const redisSlots = (redis: Redis): SlotStore => ({
  async read(specialistIds, days) {
    if (days.length === 0) return new Map(specialistIds.map((id) => [id, []]));
    const read = (id: number) => redis.mget(days.map((day) => slotKey(id, day)));
    const found = await Promise.all(specialistIds.map(read));
    return new Map(specialistIds.map((id, n) => [id, found[n]!.map(gridIn)]));
  },
  async write(days) {
    await Promise.all([...Map.groupBy(days, ({ specialistId }) => specialistId).values()].map((own) => writeOwn(redis, own)));
  },
});

const gridIn = (value: string | null) => (value === null ? null : value.slice(value.indexOf(' ') + 1));

const writeOwn = (redis: Redis, days: readonly StoredDay[]) =>
  redis.eval(
    WRITE,
    days.length,
    ...days.map(({ specialistId, day }) => slotKey(specialistId, day)),
    ...days.flatMap(({ version, grid, seconds }) => [version, grid, seconds]),
  );
