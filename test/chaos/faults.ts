import type { Random } from '../../sql/demo/random.ts';
import type { ChaosFleet } from './chaos-fleet.ts';

const pause = (ms: number) => new Promise((next) => setTimeout(next, ms));

/** What was done to a fleet. */
export type Disturbances = {
  faults: number;
  byKind: Record<string, number>;
  /** How often a message may have been cut off on its way, and how often a sender may have outlived its lease (see `checks.ts`). */
  ofMessages: number;
  ofChats: number;
};
/** There is one standby. */
const ONCE = 'the database fails over to its standby';
const ALONE = ['Redis killed and started again', 'the disk is full', ONCE];
/** A sender has a message for so long (the notifier's lease). */
const LEASE_SECONDS = 20;
/** So many seconds a clock is ahead or behind at most. */
const MOST_AHEAD = 120;

/**
 * Faults at random, one every `everySeconds` or so, several at once, until `isOver`; then all that lasts is mended.
 * @param options.only words, parted by commas: only the faults whose name has one of them in it
 * @param options.freezeSeconds how long what stands still does: longer than any lease
 */
export async function disturb(
  fleet: ChaosFleet,
  random: Random,
  isOver: () => boolean,
  done: Disturbances,
  {
    freezeSeconds,
    everySeconds,
    only = '',
    say,
  }: { freezeSeconds: number; everySeconds: number; only?: string; say: (line: string) => void },
): Promise<void> {
  const { disk } = fleet.database;
  const lasting: Promise<unknown>[] = [];
  let frozen = 0;

  /** Half of them strike whoever sends or decides. */
  const anyApp = () => (random.chance(0.5) ? random.pick(fleet.apps) : random.pick(fleet.apps.filter(({ isVital }) => isVital)));
  const kinds: Record<string, [weight: number, strike: () => Promise<unknown>]> = {
    'kill -9 of a process': [8, async () => anyApp().signal('SIGKILL')],
    'kill -9 of every process': [
      1,
      async () => {
        for (const app of fleet.apps) app.signal('SIGKILL');
      },
    ],
    'a worker killed and the queue emptied': [
      3,
      async () => {
        for (const app of fleet.apps.filter(({ role }) => ['generation', 'finance', 'attendance', 'renewal'].includes(role)))
          app.signal('SIGKILL');
        await pause(300);
        await fleet.emptyQueue();
      },
    ],
    'a process stands still': [
      3,
      async () => {
        if (frozen >= 3) return;
        frozen += 1;
        const app = anyApp();
        if (freezeSeconds >= LEASE_SECONDS && app.role === 'notifier') done.ofChats += 1;
        app.signal('SIGSTOP');
        await pause(freezeSeconds * 1_000);
        app.signal('SIGCONT');
        frozen -= 1;
      },
    ],
    'kill -9 of the database': [1, async () => fleet.database.server().signal('SIGKILL')],
    'the queue emptied': [2, () => fleet.emptyQueue()],
    'Telegram in trouble': [
      3,
      async () => {
        const answers = ['drop', 500, 'lost answer', 'drop', 'lost answer'] as const;
        fleet.telegram.answerNext(...Array.from({ length: random.int(1, 5) }, () => random.pick(answers)));
      },
    ],
    'connections forgotten': [2, async () => random.pick(fleet.gates).swallow()],
    'nothing comes through': [
      1,
      async () => {
        const gate = random.pick(fleet.gates);
        gate.blackHole();
        await pause(random.int(1, 6) * 1_000);
        gate.heal();
      },
    ],
    'the database fails over to its standby': [fleet.database.isFollowed() ? 1 : 0, () => fleet.database.failOver()],
    'the disk is full': [
      disk ? 1 : 0,
      async () => {
        disk?.fill();
        await pause(random.int(2, 8) * 1_000);
        disk?.free();
      },
    ],
    'the clock of a host is set, and back': [
      fleet.clocks.length > 0 ? 1 : 0,
      async () => {
        const clock = random.pick(fleet.clocks);
        done.ofChats += 1;
        clock.set(random.pick([-1, 1]) * random.int(3, MOST_AHEAD));
        await pause(random.int(3, 15) * 1_000);
        clock.set(0);
      },
    ],
    'Redis killed and started again': [
      fleet.redis ? 2 : 0,
      async () => {
        await fleet.redis?.stop('SIGKILL');
        await pause(random.int(0, 4) * 1_000);
        await fleet.redis?.start();
      },
    ],
  };
  const draw = Object.entries(kinds)
    .filter(([kind]) => only.split(',').some((words) => kind.includes(words)))
    .flatMap(([kind, [weight]]) => Array.from({ length: weight }, () => kind));
  if (draw.length === 0) throw new Error(`there is no fault "${only}" here; there are: ${Object.keys(kinds).join(', ')}`);
  /** A server that is away, a disk that is full: one at a time. */
  const alone = new Set<string>();

  while (!isOver()) {
    const kind = random.pick(draw);
    if (!alone.has(kind)) {
      if (ALONE.includes(kind)) alone.add(kind);
      done.faults += 1;
      done.byKind[kind] = (done.byKind[kind] ?? 0) + 1;
      done.ofMessages += 1;
      say(kind);
      lasting.push(
        kinds[kind]![1]()
          .catch((error: Error) => say(`${kind}: ${error.message}`))
          .finally(() => kind !== ONCE && alone.delete(kind)),
      );
    }
    await pause(everySeconds * random.int(300, 1_700));
  }
  await Promise.all(lasting);
}
