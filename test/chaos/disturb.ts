import { setTimeout as pause } from 'node:timers/promises';
import type { Random } from '../../sql/demo/random.ts';
import type { ChaosFleet } from './chaos-fleet.ts';
import type { Cut } from './cuts.ts';
import { type Fault, faultsOf, type Lengths } from './faults.ts';

/** What was done to a fleet. */
export type Disturbances = {
  /** How many were played and are over, by kind as well. */
  faults: number;
  byKind: Record<string, number>;
  /** Of each that could not be done or mended: `failed: the fault KIND: MESSAGE`. */
  failed: string[];
  /** When messages may have been cut off on their way, and how often a sender may have outlived its lease (see `checks.ts`). */
  cuts: Cut[];
  ofChats: number;
};
export const undisturbed = (): Disturbances => ({ faults: 0, byKind: {}, failed: [], cuts: [], ofChats: 0 });

/** How often one is taken that is owed and has not come. */
const OWED = 0.2;

/**
 * Faults at random, one every `everySeconds` or so, several at once, until `isOver`; then all that lasts is mended.
 * @param options.only words, parted by commas: only the faults whose name has one of them in it
 * @param options.owed faults that are to come, however rarely they are drawn; without those that cannot be done here
 * @param options.mostSeconds how long what is away is at most
 * @param options.freezeSeconds for how long what stands still does, one of these: some longer than any lease
 */
export async function disturb(
  fleet: ChaosFleet,
  random: Random,
  isOver: () => boolean,
  done: Disturbances,
  options: Lengths & {
    everySeconds: number;
    only?: string | undefined;
    owed?: readonly string[] | undefined;
    say: (line: string) => void;
  },
): Promise<void> {
  const { only = '', everySeconds, say } = options;
  const faults = faultsOf(fleet, random, done, options);
  const draw = Object.entries(faults)
    .filter(([kind]) => only.split(',').some((words) => kind.includes(words)))
    .flatMap(([kind, { weight }]) => Array.from({ length: weight }, () => kind));
  if (draw.length === 0) throw new Error(`there is no fault "${only}" here; there are: ${Object.keys(faults).join(', ')}`);
  const owed = new Set(options.owed?.filter((kind) => draw.includes(kind)));
  /** A server that is away, a disk that is full: one at a time. */
  const alone = new Set<string>();
  const lasting: Promise<unknown>[] = [];

  /** Strikes, and notes what came of it. */
  async function play(kind: string, strike: Fault['strike']) {
    const isOwed = owed.delete(kind);
    say(kind);
    try {
      if ((await strike()) !== false) {
        done.faults += 1;
        done.byKind[kind] = (done.byKind[kind] ?? 0) + 1;
      } else if (isOwed) owed.add(kind);
    } catch (error) {
      const failure = `failed: the fault ${kind}: ${(error as Error).message}`;
      done.failed.push(failure);
      say(failure);
    }
  }

  while (!isOver()) {
    const kind = owed.size > 0 && random.chance(OWED) ? random.pick([...owed]) : random.pick(draw);
    const { strike, of = '', once = false } = faults[kind]!;
    if (!alone.has(of) && !alone.has(kind)) {
      if (of !== '') alone.add(of);
      if (once) alone.add(kind);
      lasting.push(play(kind, strike).finally(() => alone.delete(of)));
    }
    await pause(everySeconds * random.int(300, 1_700));
  }
  await Promise.all(lasting);
}
