import { MOST_AT_ONCE } from '../../workers/notifier/outbox/drain.ts';
import { OTHERS_AT_ONCE } from '../../workers/notifier/outbox/drain-others.ts';

/**
 * A time in which messages on their way are cut off from their mark: they have arrived, nobody can note it, and so they come again.
 * Instants are on the clock of `performance.now()`; `until` is infinite as long as what cuts them off goes on.
 */
export type Cut = {
  why: string;
  since: number;
  until: number;
  /** Only what this notifier sends. */
  sender?: string;
  channel?: Channel;
  /** How many it may be at most. */
  most: number;
};
type Channel = 'telegram' | 'letter';
/** A message as it arrived. `isUnanswered`: its sender was told nothing of it. */
export type Arrival = { name: string; channel: Channel; at: number; sender?: string | undefined; isUnanswered?: boolean };

/** For so many seconds a process stands still: less than a message is held, more than that, and more than anything is held. */
export const FREEZES = [12, 25, 95];

/** So many messages a notifier has on its way at the very most, by all channels. */
const ON_THEIR_WAY = MOST_AT_ONCE + OTHERS_AT_ONCE;
const NOTIFIERS = 2;
/** From an answer to its mark it takes a busy machine so long at most, and to see what has arrived: chosen, not measured. */
const MARKED_MS = 5_000;

/**
 * What may be cut off by what is done to a fleet. Whatever is not here (a process that sends nothing, Redis, a clock, a service that
 * is away or refuses) may make a message late, but not let it come twice.
 */
const kinds = {
  /** A notifier is killed: what it had on its way. */
  killed: { channel: undefined, most: ON_THEIR_WAY, afterMs: MARKED_MS },
  /** A notifier stands still: what it had on its way as it stopped, and what it sends yet as it goes on. */
  frozen: { channel: undefined, most: 2 * ON_THEIR_WAY, afterMs: MARKED_MS },
  /** The database is killed, stopped, over its disk or another one: no mark can be made until it is back. */
  database: { channel: undefined, most: 2 * ON_THEIR_WAY * NOTIFIERS, afterMs: 2 * MARKED_MS },
  /** Connections to it are forgotten: each is missed when it is used, which takes half a minute at most. */
  'connections of the database': { channel: undefined, most: 4 * ON_THEIR_WAY * NOTIFIERS, afterMs: 30_000 },
  /** The way to Telegram, or to the mail server, breaks while an answer is on it. */
  'way to Telegram': { channel: 'telegram', most: MOST_AT_ONCE, afterMs: 1_000 },
  'way to the mail server': { channel: 'letter', most: OTHERS_AT_ONCE, afterMs: 1_000 },
  /** The mail server takes letters and hangs up. */
  'answers of the mail server': { channel: 'letter', most: Number.POSITIVE_INFINITY, afterMs: 1_000 },
} as const satisfies Record<string, { channel: Channel | undefined; most: number; afterMs: number }>;
type CutKind = keyof typeof kinds;

/** Begins to cut messages off, and returns what ends it. */
export function cutOff(cuts: Cut[], kind: CutKind, sender?: string): () => void {
  const { channel, most, afterMs } = kinds[kind];
  const who = { ...(sender === undefined ? {} : { sender }), ...(channel === undefined ? {} : { channel }) };
  const cut: Cut = { why: kind, since: performance.now() - MARKED_MS, until: Number.POSITIVE_INFINITY, most, ...who };
  cuts.push(cut);
  return () => {
    cut.until = performance.now() + afterMs;
  };
}

/**
 * How many of those that came too often may have been cut off, and by what: each by its own lost answer, or by a cut that was there
 * as it arrived and has not had as many as it may.
 * @param more how many came too often, by name
 */
export function excused(arrivals: readonly Arrival[], cuts: readonly Cut[], more: ReadonlyMap<string, number>) {
  const left = new Map(cuts.map((cut) => [cut, cut.most]));
  const names = new Map<string, number>();
  const byKind: Record<string, number> = {};
  for (const { name, channel, at, sender, isUnanswered } of arrivals.toSorted((a, b) => a.at - b.at)) {
    const already = names.get(name) ?? 0;
    if (already >= (more.get(name) ?? 0)) continue;
    const [cut] = isUnanswered
      ? []
      : cuts
          .filter((one) => one.since <= at && at <= one.until && left.get(one)! > 0)
          .filter((one) => one.channel === undefined || one.channel === channel)
          .filter((one) => one.sender === undefined || sender === undefined || one.sender === sender)
          .toSorted((a, b) => a.until - b.until);
    if (!cut && !isUnanswered) continue;
    if (cut) left.set(cut, left.get(cut)! - 1);
    const why = cut?.why ?? 'its answer was lost';
    byKind[why] = (byKind[why] ?? 0) + 1;
    names.set(name, already + 1);
  }
  return { names, byKind };
}
