import type { Random } from '../../sql/demo/random.ts';
import type { ChaosFleet } from './chaos-fleet.ts';

const pause = (ms: number) => new Promise((next) => setTimeout(next, ms));

/** Counts of what was done to a fleet, by kind, and how often a message may have been cut off on its way (see `checks.ts`). */
export type Disturbances = { faults: Record<string, number>; ofMessages: number };

/**
 * Faults at random, one every second or so, several at once, until `isOver`; then all that lasts is mended.
 * @param options.freezeSeconds how long what stands still does: longer than any lease
 */
export async function disturb(
  fleet: ChaosFleet,
  random: Random,
  isOver: () => boolean,
  { freezeSeconds, say }: { freezeSeconds: number; say: (line: string) => void },
): Promise<Disturbances> {
  const faults: Record<string, number> = {};
  const lasting: Promise<unknown>[] = [];
  let ofMessages = 0;
  let frozen = 0;

  /** Half of them strike whoever sends or decides. */
  const anyApp = () =>
    random.chance(0.5) ? random.pick(fleet.apps) : random.pick(fleet.apps.filter(({ name }) => vital.includes(name)));
  const kinds: Record<string, [weight: number, strike: () => Promise<unknown>]> = {
    'kill -9 of a process': [8, async () => anyApp().signal('SIGKILL')],
    'a worker killed and the queue emptied': [
      3,
      async () => {
        for (const app of fleet.apps.filter(({ name }) => ['generation', 'finance', 'attendance', 'renewal'].includes(name)))
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
        app.signal('SIGSTOP');
        await pause(freezeSeconds * 1_000);
        app.signal('SIGCONT');
        frozen -= 1;
      },
    ],
    'kill -9 of the database': [1, async () => fleet.database.signal('SIGKILL')],
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
    'Redis killed and started again': [
      fleet.redis ? 2 : 0,
      async () => {
        await fleet.redis?.stop('SIGKILL');
        await pause(random.int(0, 4) * 1_000);
        await fleet.redis?.start();
      },
    ],
  };
  const draw = Object.entries(kinds).flatMap(([kind, [weight]]) => Array.from({ length: weight }, () => kind));
  let isRedisAway = false;

  while (!isOver()) {
    const kind = random.pick(draw);
    const isOfRedis = kind.startsWith('Redis');
    if (!(isOfRedis && isRedisAway)) {
      if (isOfRedis) isRedisAway = true;
      faults[kind] = (faults[kind] ?? 0) + 1;
      ofMessages += 1;
      say(kind);
      lasting.push(
        kinds[kind]![1]()
          .catch((error: Error) => say(`${kind}: ${error.message}`))
          .finally(() => {
            if (isOfRedis) isRedisAway = false;
          }),
      );
    }
    await pause(random.int(400, 2_500));
  }
  await Promise.all(lasting);
  return { faults, ofMessages };
}

const vital = ['api', 'scheduler', 'notifier', 'finance', 'generation'];
