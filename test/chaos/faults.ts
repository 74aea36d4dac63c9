import { setTimeout as pause } from 'node:timers/promises';
import { sql } from '../../sql/database/database.ts';
import type { Random } from '../../sql/demo/random.ts';
import { LEASE_MS } from '../../workers/notifier/outbox/pace.ts';
import { eventually } from '../support/eventually.ts';
import type { ChaosFleet } from './chaos-fleet.ts';
import { cutOff } from './cuts.ts';
import type { Disturbances } from './disturb.ts';
import { outsideFaults } from './outside-faults.ts';

/**
 * What can be done to a fleet. Of those with the same `of` one goes on at a time, and one that is `once` comes a single time; `weight`
 * is how often it comes, 0 where this machine or this fleet has nothing to do it to. `strike` resolves when it is over, with false where
 * it has not done what its name says, and throws where it could not be done or mended.
 */
export type Fault = { weight: number; strike: () => Promise<unknown>; of?: string; once?: boolean };
/** In seconds: how long what stands still does, one of these, and how long what is away is at most. */
export type Lengths = { freezeSeconds: readonly number[]; mostSeconds: number };
/** A sender has a message for so long. */
const LEASE_SECONDS = LEASE_MS / 1_000;
/** So many seconds a clock is ahead or behind at most. */
const MOST_AHEAD = 120;
const MOST_FROZEN = 3;
const WITHOUT_QUEUE = ['generation', 'finance', 'attendance', 'renewal'];

/** Every fault there is, by name. Each notes which messages it may cut off from their mark (`cuts.ts`); one that notes none may not. */
export function faultsOf(
  fleet: ChaosFleet,
  random: Random,
  done: Pick<Disturbances, 'cuts' | 'ofChats'>,
  { freezeSeconds, mostSeconds }: Lengths,
): Record<string, Fault> {
  const seconds = (least: number, most: number) => pause(Math.min(random.int(least, most), mostSeconds) * 1_000);
  const frozen = new Set<string>();

  /** Half of them strike whoever sends or decides. */
  const anyApp = () => (random.chance(0.5) ? random.pick(fleet.apps) : random.pick(fleet.apps.filter(({ isVital }) => isVital)));
  /** False where it is not there just now. */
  function kill(app: ChaosFleet['apps'][number]): boolean {
    const isHit = app.signal('SIGKILL');
    if (isHit && app.role === 'notifier') cutOff(done.cuts, 'killed', app.name)();
    return isHit;
  }
  const killAll = (apps: ChaosFleet['apps']) => apps.map(kill).includes(true);
  /** One at a time stands still for longer than a minute. */
  const stand = (forSeconds: number): Fault => ({
    weight: forSeconds < LEASE_SECONDS ? 3 : 2,
    ...(forSeconds > 60 ? { of: 'the longest freeze' } : {}),
    async strike() {
      const app = anyApp();
      if (frozen.size >= MOST_FROZEN || frozen.has(app.name) || !app.signal('SIGSTOP')) return false;
      frozen.add(app.name);
      const isSender = app.role === 'notifier';
      if (isSender && forSeconds >= LEASE_SECONDS) done.ofChats += 1;
      const end = isSender ? cutOff(done.cuts, 'frozen', app.name) : undefined;
      try {
        await pause(forSeconds * 1_000);
      } finally {
        app.signal('SIGCONT');
        end?.();
        frozen.delete(app.name);
      }
      return true;
    },
  });
  const answers = () =>
    eventually(() =>
      fleet.db.query(sql.unsafe`select`).then(
        () => true,
        () => false,
      ),
    );
  /** Something is done to the database, which is there again afterwards. Resolves with what `strike` does. */
  async function toDatabase(strike: Fault['strike']) {
    const end = cutOff(done.cuts, 'database');
    try {
      const did = await strike();
      await pause(500);
      await answers();
      return did;
    } finally {
      end();
    }
  }
  return {
    'kill -9 of a process': { weight: 8, strike: async () => kill(anyApp()) },
    'kill -9 of every process': { weight: 1, strike: async () => killAll(fleet.apps) },
    'a worker killed and the queue emptied': {
      weight: 3,
      async strike() {
        const isAnyHit = killAll(fleet.apps.filter(({ role }) => WITHOUT_QUEUE.includes(role)));
        await pause(300);
        return (await fleet.emptyQueue()) && isAnyHit;
      },
    },
    ...Object.fromEntries(freezeSeconds.map((forSeconds) => [`a process stands still for ${forSeconds} s`, stand(forSeconds)])),
    'kill -9 of the database': {
      weight: 1,
      strike: () => toDatabase(async () => fleet.database.server().signal('SIGKILL')),
      of: 'the database',
    },
    'PostgreSQL stopped for a while': {
      weight: 2,
      strike: () =>
        toDatabase(async () => {
          const server = fleet.database.server();
          await server.stop('SIGINT');
          await seconds(2, 20);
          server.startAgain();
        }),
      of: 'the database',
    },
    'the database fails over to its standby': {
      weight: fleet.database.isFollowed() ? 2 : 0,
      strike: () => toDatabase(() => fleet.database.failOver()),
      of: 'the database',
      once: true,
    },
    'the disk is full': {
      weight: fleet.database.disk() ? 1 : 0,
      strike: () =>
        toDatabase(async () => {
          const disk = fleet.database.disk();
          if (!disk) return false;
          try {
            disk.fill();
            await seconds(2, 8);
          } finally {
            disk.free();
          }
          return true;
        }),
      of: 'the disk',
    },
    'the queue emptied': { weight: 2, strike: () => fleet.emptyQueue() },
    'Redis killed and started again': {
      weight: fleet.redis ? 2 : 0,
      async strike() {
        await fleet.redis?.stop('SIGKILL');
        await seconds(0, 4);
        await fleet.redis?.start();
      },
      of: 'Redis',
    },
    'connections forgotten': {
      weight: 2,
      async strike() {
        const gate = random.pick(fleet.gates);
        if (gate === fleet.database.gate) cutOff(done.cuts, 'connections of the database')();
        gate.swallow();
      },
    },
    'nothing comes through': {
      weight: 1,
      async strike() {
        const gate = random.pick(fleet.gates);
        const end = gate === fleet.database.gate ? cutOff(done.cuts, 'connections of the database') : undefined;
        gate.blackHole();
        try {
          await seconds(1, 6);
        } finally {
          gate.heal();
          end?.();
        }
      },
    },
    'the clock of a host is set, and back': {
      weight: fleet.clocks.length > 0 ? 1 : 0,
      async strike() {
        const clock = random.pick(fleet.clocks);
        done.ofChats += 1;
        clock.set(random.pick([-1, 1]) * random.int(3, MOST_AHEAD));
        await seconds(3, 15);
        clock.set(0);
      },
    },
    ...outsideFaults(fleet, random, done.cuts, seconds),
  };
}
