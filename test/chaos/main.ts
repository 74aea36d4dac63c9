import { parseArgs } from 'node:util';
import globalSetup from '../support/global-setup.ts';
import globalTeardown from '../support/global-teardown.ts';
import { type Guard, guards } from './guards.ts';

/** `npm run chaos -- --seed N --minutes M [--redis] [--without GUARD]`: a fleet of its own under load and faults, and what came of it. */
const { values } = parseArgs({
  options: { seed: { type: 'string' }, minutes: { type: 'string' }, redis: { type: 'boolean' }, without: { type: 'string' } },
});
if (values.without !== undefined && !(values.without in guards)) {
  console.error(`--without: there is no guard "${values.without}"; there are: ${Object.keys(guards).join(', ')}`);
  process.exit(1);
}
const seed = Number(values.seed ?? Date.now() % 1_000_000);
const seconds = Number(values.minutes ?? 5) * 60;
const began = Date.now();
const say = (line: string) => console.log(`${((Date.now() - began) / 1_000).toFixed(1).padStart(6)} s  ${line}`);

await globalSetup();
const { chaos } = await import('./chaos.ts');
const ended = await chaos({
  seed,
  seconds,
  kind: values.redis ? 'redis' : 'postgres',
  without: values.without as Guard | undefined,
  settleSeconds: values.without ? 60 : 240,
  freezeSeconds: seconds > 120 ? 25 : 12,
  say,
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
