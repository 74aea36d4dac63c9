import { ask, askAny } from '../../kit/client.ts';

const FREE_MS = 12 * 3_600_000;

/** Until when a booking can be cancelled for free, to be said before it is made; afterwards the server says it. */
export const freeUntil = (start: string) => new Date(Date.parse(start) - FREE_MS).toISOString();

/** The free starts of a day, of one specialist or of anybody. */
export async function startsOf(wish: { service_id: string; specialist_id?: string }, day: string, signal: AbortSignal) {
  const { specialists, any } = await ask('GET /slots', { query: { ...wish, from: day, days: '1' }, signal });
  return (any ?? specialists[0]?.days)?.find(({ date }) => date === day)?.starts ?? [];
}

/** Where a booking is. */
export const readLocation = (id: number, signal: AbortSignal) =>
  askAny('GET /api/locations/{id}', { params: { id }, signal }) as Promise<{ name: string; address: string | null }>;
