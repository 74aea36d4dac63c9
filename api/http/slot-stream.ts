import type { Response } from 'express';
import { log } from '../../queues/log/log.ts';
import { cellsOfHex } from '../../workers/slots/bits.ts';
import type { DaysTold } from '../../workers/slots/day-changes.ts';
import { type Listener, type LiveSlots, liveSlotsOf } from '../../workers/slots/live.ts';
import { intervalsOf } from '../../workers/slots/week.ts';
import { away, Problem } from './problems.ts';
import type { Context } from './route.ts';

const LIMITS = { process: 500, key: 100 };
const HEARTBEAT_MS = 15_000;
/** So often it is looked whether its key is still let in: a stream ends within a second of that. */
const LOOK_MS = 400;
/** A stream ends then and is opened again by its browser. */
const LIFE_MS = 10 * 60_000;
/** A listener who does not take what is sent is let go; it looks again when it comes back. */
const MOST_BYTES = 256 * 1_024;
/** The same for one who does not take the end. */
const LAST_WORD_MS = 2_000;

const opened = new WeakMap<LiveSlots, Map<string, number>>();

/**
 * Server-Sent Events of a specialist's rewritten days. `ready`: nothing is missed from now on. `day`: its date, its free time and
 * a version; of two events of a day the one with the higher version holds. `missed`: something may have been, look again.
 */
export async function streamSlots(
  response: Response,
  specialistId: number,
  { fleet, caller, isStillLetIn }: Context,
  draining: AbortSignal,
) {
  const live = liveSlotsOf(fleet);
  const leave = enter(live, caller.id);
  const waiting: string[] = [];
  let write = (text: string) => {
    waiting.push(text);
  };
  const listener: Listener = {
    told: (days) => write(eventsOf(days)),
    missed: () => write(event('missed', {})),
  };
  const unsubscribe = await live.subscribe(specialistId, listener).catch((error) => {
    leave();
    log.warn({ err: error }, 'nobody can listen to slots');
    throw away('what is rewritten cannot be heard just now');
  });
  let lastWord: NodeJS.Timeout | undefined;
  const end = () => {
    response.end();
    lastWord = setTimeout(() => response.destroy(), LAST_WORD_MS);
  };
  const heartbeat = setInterval(() => write(': still here\n\n'), HEARTBEAT_MS);
  const life = setTimeout(end, LIFE_MS);
  const look = setInterval(async () => {
    if (!(await isStillLetIn())) end();
  }, LOOK_MS);
  draining.addEventListener('abort', end);
  response.once('close', over);
  if (response.closed) return over();
  response.set({ 'Content-Type': 'text/event-stream; charset=utf-8', 'Cache-Control': 'no-store', 'X-Accel-Buffering': 'no' });
  response.write(`retry: 2000\n${event('ready', { specialist_id: specialistId })}${waiting.join('')}`);
  write = (text) => sendOrLetGo(response, text);
  if (draining.aborted) end();

  function over() {
    clearInterval(heartbeat);
    clearInterval(look);
    clearTimeout(life);
    clearTimeout(lastWord);
    draining.removeEventListener('abort', end);
    leave();
    void unsubscribe();
  }
}

function sendOrLetGo(response: Response, text: string) {
  if (response.writableEnded || response.destroyed) return;
  if (response.writableLength > MOST_BYTES) response.destroy();
  else response.write(text);
}

/** Counts a stream in, and says how to count it out. Throws a 429 when there are too many. */
function enter(live: LiveSlots, key: string): () => void {
  const counts = opened.get(live) ?? new Map<string, number>();
  opened.set(live, counts);
  const own = counts.get(key) ?? 0;
  const all = [...counts.values()].reduce((sum, count) => sum + count, 0);
  if (own >= LIMITS.key || all >= LIMITS.process) {
    throw new Problem(429, 'too many streams are open', { headers: { 'Retry-After': '10' } });
  }
  counts.set(key, own + 1);
  return () => {
    const left = (counts.get(key) ?? 1) - 1;
    if (left > 0) counts.set(key, left);
    else counts.delete(key);
  };
}

const event = (name: string, data: object) => `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;

const eventsOf = ({ specialist_id, version, days }: DaysTold) =>
  Object.entries(days)
    .map(([date, hex]) => event('day', { specialist_id, date, version, free: intervalsOf(cellsOfHex(hex, 0)) }))
    .join('');
