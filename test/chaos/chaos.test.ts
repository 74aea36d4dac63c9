import { expect, test } from '@jest/globals';
import { backendKinds } from '../support/backends.ts';
import { rounds } from '../support/nightly-only.ts';
import { chaos } from './chaos.ts';
import { daysOfWork } from './days.ts';
import { faultsFor, type Guard, guards } from './guards.ts';

const SECONDS = 300;
const isNight = rounds({ daily: false, nightly: true });
const SEED = 20_261_126;

// At night only: a fleet for each, for minutes. By day checks.test.ts shows that what is looked for is found.
if (isNight)
  test.each(backendKinds)(
    'on %s a fleet that is killed, frozen and cut off loses nothing and does nothing twice',
    async (kind) => {
      const { found, asked, faults, messages } = await chaos({ seed: SEED, seconds: SECONDS, kind });
      expect(found).toEqual([]);
      expect(asked).toBeGreaterThan(5);
      expect(faults).toBeGreaterThan(5);
      expect(messages.sent).toBeGreaterThan(0);
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
  marks: /^doubled: \d+ messages arrived /,
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
  test('two days of work leave nothing that grows', async () => {
    const { found, granted } = await daysOfWork({ days: 2, secondsADay: 60, kind: backendKinds.at(-1)! });
    expect(found).toEqual([]);
    expect(granted).toBeGreaterThan(20);
  }, 1_200_000);

test('of each guard there is it is known what its loss is', () =>
  expect(Object.keys(losses).toSorted()).toEqual(guards.toSorted()));
