import { expect, test } from '@jest/globals';
import { backendKinds } from '../support/backends.ts';
import { rounds } from '../support/nightly-only.ts';
import { chaos } from './chaos.ts';
import { type Guard, guards } from './guards.ts';

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
      expect(Object.values(faults).reduce((sum, times) => sum + times)).toBeGreaterThan(5);
      expect(messages.sent).toBeGreaterThan(0);
    },
    1_200_000,
  );

const losses: [Guard, RegExp][] = [
  ['answers', /^doubled: payment chaos-\d+ is there \d+ times$/],
  ['enqueueing', /^lost: the (run|request) \d+ \(.+\) is (queued|running|open)$/],
  ['balances', /^not square: balance \d+: balance \d+, transactions \d+$/],
];

if (isNight)
  test.each(losses)(
    'without the guard "%s" it is noticed, and says what was lost or doubled',
    async (without, loss) => {
      const { found } = await chaos({ seed: SEED, seconds: 60, kind: backendKinds.at(-1)!, without, settleSeconds: 90 });
      expect(found.filter((finding) => loss.test(finding))).not.toEqual([]);
    },
    1_200_000,
  );

test('each guard whose loss is awaited is one that can be taken away', () => {
  expect(losses.map(([guard]) => guard).filter((guard) => !Object.hasOwn(guards, guard))).toEqual([]);
});
