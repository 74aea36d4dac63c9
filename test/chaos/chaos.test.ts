import { expect, test } from '@jest/globals';
import { backendKinds } from '../support/backends.ts';
import { rounds } from '../support/nightly-only.ts';
import { BY_DAY, chaos, type Wish } from './chaos.ts';
import { canMoveClocks } from './clocks.ts';
import { FREEZES } from './cuts.ts';
import { daysOfWork } from './days.ts';
import { canMountDisk } from './disk.ts';
import { faultsFor, type Guard, guards } from './guards.ts';

const isNight = rounds({ daily: false, nightly: true });
const SEED = 20_261_126;
/** What is rare, and has to come in a night all the same; what its machine cannot play, support/global-setup.ts says. */
const AT_NIGHT = [
  'the database fails over to its standby',
  'PostgreSQL stopped for a while',
  `a process stands still for ${FREEZES.at(-1)} s`,
  'kill -9 of the database',
  'kill -9 of every process',
  'Telegram is away',
  'the mail server is away',
  ...(isNight && canMountDisk() ? ['the disk is full'] : []),
  ...(canMoveClocks() ? ['the clock of a host is set, and back'] : []),
];
const BY_NIGHT = { seconds: 300, freezeSeconds: FREEZES, isFollowed: true, settleSeconds: 600, owed: AT_NIGHT };

// At night, and by day where a seed is given: some seconds on one backend, which stands for both, with one thing more that dies.
if (isNight || process.env.CHAOS_SEED !== undefined)
  test.each(rounds({ daily: backendKinds.slice(-1), nightly: backendKinds }))(
    'on %s a fleet that is killed, frozen and cut off loses nothing and does nothing twice',
    async (kind) => {
      const seed = Number(process.env.CHAOS_SEED ?? SEED);
      const { found, asked, faults, byKind, messages } = await chaos({
        seed,
        kind,
        ...rounds<Omit<Wish, 'seed' | 'kind'>>({ daily: BY_DAY, nightly: BY_NIGHT }),
      });
      expect(found).toEqual([]);
      // A machine with other things to do gets through little in these seconds.
      expect(asked).toBeGreaterThan(1);
      expect(faults).toBeGreaterThan(3);
      expect(messages.sent).toBeGreaterThan(0);
      if (isNight) expect(Object.keys(byKind)).toEqual(expect.arrayContaining(AT_NIGHT));
    },
    1_200_000,
  );

const losses: Record<Guard, RegExp> = {
  twins: /^doubled: the attempt \d+ of \S+ is there \d+ times$/,
  lock: /^doubled: the run \d+ \(.+\) was executed while \d+ \(.+\) was$/,
  enqueueing: /^lost: the run \d+ \(.+\) is (queued|running)$/,
  requests: /^lost: the request \d+ \(.+\) is open$/,
  lease: /^doubled: the limit "chat" of Telegram was broken \d+ times$/,
  limit: /^doubled: the limit "chat" of Telegram was broken \d+ times$/,
  calendar: /^not square: (two_places|room_twice|calendar_differs) /,
  marks: /^doubled: a message arrived \d+ times, is marked as sent \d+ times, /,
  answers: /^doubled: \S+ chaos-\d+ is there \d+ times$/,
  balances: /^not square: balance \d+: balance \d+, transactions \d+$/,
};

if (isNight)
  test.each(guards)(
    'without the guard "%s" it is noticed, and says what was lost or doubled',
    async (without) => {
      const load = { only: faultsFor(without), lanes: 12, everySeconds: 5, seconds: 60, settleSeconds: 60 };
      const { found } = await chaos({ seed: SEED, kind: backendKinds.at(-1)!, without, ...load });
      expect(found.filter((finding) => losses[without].test(finding))).not.toEqual([]);
    },
    1_200_000,
  );

if (isNight)
  (canMoveClocks() ? test : test.skip)(
    'three days of work leave nothing that grows',
    async () => {
      const { found, granted } = await daysOfWork({ days: 3, secondsADay: 40, kind: backendKinds.at(-1)! });
      expect(found).toEqual([]);
      expect(granted).toBeGreaterThan(20);
    },
    1_800_000,
  );

test('of each guard there is it is known what its loss is', () =>
  expect(Object.keys(losses).toSorted()).toEqual(guards.toSorted()));
