import { parseArgs } from 'node:util';
import globalSetup from '../support/global-setup.ts';
import globalTeardown from '../support/global-teardown.ts';
import { FREEZES } from './cuts.ts';
import { faultsFor, type Guard, guards } from './guards.ts';

/**
 * `npm run chaos -- --seed N --minutes M [--redis] [--without GUARD] [--lanes N] [--every SECONDS] [--only FAULT]
 * [--standby] [--loud] [--short]`, or `--days N [--minutes A_DAY]`: a fleet of its own under load and faults, and what came of it. See README.md beside this.
 */
const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    minutes: { type: 'string' },
    redis: { type: 'boolean' },
    without: { type: 'string' },
    lanes: { type: 'string' },
    every: { type: 'string' },
    only: { type: 'string' },
    days: { type: 'string' },
    standby: { type: 'boolean' },
    loud: { type: 'boolean' },
    short: { type: 'boolean' },
  },
});
if (values.without !== undefined && !guards.includes(values.without as Guard)) {
  console.error(`--without: there is no guard "${values.without}"; there are: ${guards.join(', ')}`);
  process.exit(1);
}
const seed = Number(values.seed ?? Date.now() % 1_000_000);
const seconds = Number(values.minutes ?? 5) * 60;
const isLong = seconds > 120 && !values.short;
const began = Date.now();
const say = (line: string) => console.log(`${((Date.now() - began) / 1_000).toFixed(1).padStart(6)} s  ${line}`);

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(1));
await globalSetup();
if (values.days !== undefined) await playDays(Number(values.days));
const { BY_DAY, chaos } = await import('./chaos.ts');
const ended = await chaos({
  seed,
  seconds,
  kind: values.redis ? 'redis' : 'postgres',
  without: values.without as Guard | undefined,
  settleSeconds: values.without ? 60 : isLong ? 900 : 240,
  freezeSeconds: isLong ? FREEZES : [12],
  // What a guard keeps away comes of many requests, more than of many faults.
  everySeconds: values.every === undefined ? (values.without ? 5 : undefined) : Number(values.every),
  lanes: values.lanes === undefined ? (values.without ? 12 : undefined) : Number(values.lanes),
  restMs: isLong ? 2 : undefined,
  say,
  only: values.only ?? (values.without && faultsFor(values.without as Guard)),
  isFollowed: values.standby ?? isLong,
  isLoud: values.loud ?? !isLong,
  ...(values.short ? BY_DAY : {}),
}).catch(async (error: Error) => {
  console.error(error);
  await globalTeardown();
  process.exit(1);
});
const { found, ...summary } = ended;
console.log(summary);
for (const finding of found.slice(0, 50)) console.log(finding);
console.log(found.length === 0 ? `seed ${seed}: 0 lost, 0 doubled` : `seed ${seed}: ${found.length} findings`);
await globalTeardown();
process.exit(found.length === 0 ? 0 : 1);

/** Instead of faults: days of work one after the other, and what grew. */
async function playDays(days: number): Promise<never> {
  const { daysOfWork } = await import('./days.ts');
  const secondsADay = Number(values.minutes ?? 8) * 60;
  const kind = values.redis ? 'redis' : 'postgres';
  const played = await daysOfWork({ days, secondsADay, kind, lanes: Number(values.lanes ?? 6), say }).catch(
    (error: Error) => error,
  );
  if (played instanceof Error) console.error(played);
  const grown = played instanceof Error ? ['failed: see above'] : played.found;
  for (const finding of grown) console.log(finding);
  console.log(grown.length === 0 ? `${days} days: nothing grew that should not` : `${days} days: ${grown.length} findings`);
  await globalTeardown();
  process.exit(grown.length === 0 ? 0 : 1);
}
