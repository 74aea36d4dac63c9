import { setTimeout as sleep } from 'node:timers/promises';
import { log } from '../../../queues/log/log.ts';
import type { Settings } from '../../../queues/process/settings.ts';
import type { Database } from '../../../sql/database/database.ts';
import { traced } from '../../../sql/database/tracing.ts';
import { type ClaimedMessage, claimForLog, claimMessages, untilNextClaim } from '../../../sql/notifications/claim.ts';
import { endLogged } from '../../../sql/notifications/mark.ts';
import { carriersOf } from '../channels/set-up.ts';
import { paceOf } from './pace.ts';
import { sender, tryToRender } from './send.ts';

/** The part of the fleet a drain uses. */
export type Outbox = {
  db: Database;
  settings: Pick<
    Settings,
    | 'locale'
    | 'zone'
    | 'currency'
    | 'telegramToken'
    | 'telegramApiRoot'
    | 'telegramPace'
    | 'adminChatIds'
    | 'quietHours'
    | 'mail'
    | 'sms'
    | 'publicUrl'
  > &
    Partial<Pick<Settings, 'pushLoopback'>>;
};
/**
 * How many messages came to which end. `undeliverable` ones to people go on by another channel, `later` ones are due again by themselves, `held` ones when the quiet hours are over,
 * and of a long text each `part` but the last is counted apart.
 */
export type Drained = Record<Fate, number>;
export type Fate = 'sent' | 'part' | 'later' | 'held' | 'failed' | 'undeliverable' | 'skipped';
const nothing: Drained = { sent: 0, part: 0, later: 0, held: 0, failed: 0, undeliverable: 0, skipped: 0 };

/** The next message goes when the one before is marked, or, where Telegram has not answered by then, after this. */
const PATIENCE_MS = 50;
/** Messages on their way at once: what a crash may repeat, at the very most. */
export const MOST_AT_ONCE = 10;
/** A call that takes longer than this stands in nobody's way: others are begun beside it. */
const SLOW_MS = 200;
/** Whoever holds a message's row keeps its mark waiting, but not everybody else's message for longer than this. */
const MARK_PATIENCE_MS = 2_000;
/** Messages a second that Telegram lets a bot send. */
const RATE = 30;
/** How many of the last answers the median is taken of that says how slow Telegram is. */
const SAMPLES = 9;
/** Whatever is further away than this is not waited for. */
const PATIENT_MS = 1_500;
const SHORTEST_MS = 2;
const LOG_BATCH = 50;

/**
 * Sends what is due until nothing is or the signal comes; what is on its way is finished either way. Any number of drains,
 * in any number of processes, may go on at once. Each message is marked as its answer arrives, and no other one is begun while
 * an answer is not marked, so a crash repeats those whose answer had not arrived, and hardly ever another one (D36). How many are
 * on their way at once follows how long Telegram takes to answer: as many as its rate needs, one or two where it answers at once.
 */
export async function drainOutbox(outbox: Outbox, signal: AbortSignal): Promise<Drained> {
  const { db, settings } = outbox;
  const drained = { ...nothing };
  await logRest(outbox, drained, signal);
  if (!settings.telegramToken) return drained;
  const pace = paceOf(settings.telegramPace);
  const send = sender(outbox, settings.telegramToken, pace);
  const underway = new Set<Promise<unknown>>();
  const unmarked = new Set<Promise<unknown>>();
  const atOnce = concurrency(settings.telegramPace);
  const trouble: unknown[] = [];
  while (!signal.aborted && trouble.length === 0) {
    const claimedAt = performance.now();
    const isFull = underway.size >= MOST_AT_ONCE || atOnce.young() >= atOnce.allowed();
    const [message] = isFull ? [] : await claimMessages(db, 1, pace);
    if (message) {
      const took = atOnce.begins();
      const onAnswer = () => {
        took();
        unmarked.add(sending);
      };
      const sending: Promise<unknown> = tracedSending(message, 'telegram', () => send(message, claimedAt, onAnswer))
        .then((fate) => count(drained, fate))
        .catch((error) => trouble.push(error))
        .finally(() => {
          took();
          underway.delete(sending);
          unmarked.delete(sending);
        });
      underway.add(sending);
      await Promise.race([sending, pause(PATIENCE_MS, signal)]);
      // A busy process looks at what has arrived before it takes the time for up.
      await arrivals();
      if (unmarked.size > 0) await Promise.race([Promise.all(unmarked), pause(MARK_PATIENCE_MS, signal)]);
      continue;
    }
    if (isFull) {
      await Promise.race([...underway, pause(PATIENCE_MS, signal)]);
      continue;
    }
    const wait = await untilNextClaim(db);
    if (underway.size === 0 && (wait === null || wait > PATIENT_MS)) break;
    const nap = Math.min(Math.max(wait ?? PATIENT_MS, SHORTEST_MS), PATIENT_MS);
    await Promise.race([...underway, pause(nap, signal)]);
  }
  await Promise.all(underway);
  if (trouble.length > 0) throw trouble[0];
  return drained;
}

/** Sends a message as a part of what it was written for. Its span says which one it is, and not to whom. */
export const tracedSending = (
  { id, template, trace, attempts }: Pick<ClaimedMessage, 'id' | 'template' | 'trace' | 'attempts'>,
  channel: string,
  send: () => Promise<Fate>,
): Promise<Fate> =>
  traced(
    {
      name: `send ${template}`,
      kind: 'client',
      parent: trace,
      attributes: { 'fleet.message.id': id, 'fleet.message.channel': channel, 'fleet.message.attempt': attempts },
    },
    async (span) => {
      const fate = await send();
      span.set({ 'fleet.message.fate': fate });
      return fate;
    },
  );

/** One turn of the event loop, in which what the sockets hold is read. */
const arrivals = () => new Promise((next) => setImmediate(next));

/**
 * How many messages may be on their way at once: the rate times the median of the latest answers' times (Little's law). Calls that
 * take unusually long do not count.
 */
function concurrency(times: number) {
  const samples: number[] = [];
  const began = new Map<symbol, number>();
  return {
    /** A call begins. Returns what is to be called at its end; a second time does nothing. */
    begins() {
      const call = Symbol('call');
      const start = performance.now();
      began.set(call, start);
      return () => {
        if (!began.delete(call)) return;
        samples.push(performance.now() - start);
        if (samples.length > SAMPLES) samples.shift();
      };
    },
    young: () => [...began.values()].filter((start) => performance.now() - start < SLOW_MS).length,
    allowed() {
      const median = samples.toSorted((a, b) => a - b)[Math.floor(samples.length / 2)] ?? 0;
      return Math.max(1, Math.ceil((RATE * times * median) / 1_000));
    },
  };
}

function count(drained: Drained, fate: Fate) {
  drained[fate] += 1;
}

const pause = (ms: number, signal: AbortSignal) => sleep(ms, undefined, { signal }).catch(() => undefined);

/** What is for nobody's chat, and what no channel is set up for, goes to the log. */
async function logRest({ db, settings }: Outbox, drained: Drained, signal: AbortSignal) {
  const hasBot = settings.telegramToken !== undefined;
  while (!signal.aborted) {
    const to = { chats: !hasBot, people: !hasBot && carriersOf(settings).length === 0 };
    const claimed = await claimForLog(db, LOG_BATCH, 60, to);
    if (claimed.length === 0) return;
    for (const message of [...claimed].sort((a, b) => a.id - b.id)) {
      const rendered = tryToRender(message, settings);
      const about = { notification_id: message.id, template: message.template };
      const status = 'error' in rendered ? 'failed' : 'skipped';
      if ('error' in rendered) log.error({ ...about, err: rendered.error }, 'a message cannot be rendered');
      // Which one, and not what it says: a log is no place for people's names.
      else if (message.user_id === null) log.warn(about, 'admin notice');
      await endLogged(db, message.id, status, 'error' in rendered ? rendered.error.message.slice(0, 1_000) : null);
      count(drained, status);
    }
  }
}
