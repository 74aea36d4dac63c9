import { availableParallelism, loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import globalSetup from '../support/global-setup.ts';
import globalTeardown from '../support/global-teardown.ts';

/** `npm run fuzz -- --seed N --requests N`: asks the API what nobody should, against a database of its own. */
const { values } = parseArgs({ options: { seed: { type: 'string' }, requests: { type: 'string' } } });
/** Whoever asks for something else meanwhile has an answer by then. */
const [QUIET_MS, BUSY_MS] = [300, 5_000];
const seed = Number(values.seed ?? Date.now() % 1_000_000);
const requests = Number(values.requests ?? 20_000);

await globalSetup();
const { testApi } = await import('../support/front-door.ts');
const { fuzz, fillStudio, FUZZ_SETTINGS } = await import('./fuzz.ts');
const api = await testApi({ settings: FUZZ_SETTINGS });
await fillStudio(api);
const { failures, statuses, bystander } = await fuzz(api, seed, requests);
// What others do on this machine is not the API's: its own server, this process and four lanes keep two processors busy.
const most = loadavg()[0]! <= Math.max(2, availableParallelism()) + 1 ? QUIET_MS : BUSY_MS;
if (bystander.ms > most) failures.push(`seed ${seed}: a bystander waited ${bystander.ms.toFixed(0)} ms; at most ${most}`);
console.log(
  `seed ${seed}: ${requests} requests, answered`,
  statuses,
  `a bystander waited ${bystander.ms.toFixed(0)} ms, was overtaken by ${bystander.overtaken}, took ${bystander.cpuMs.toFixed(0)} ms of CPU at most`,
);
for (const failure of failures.slice(0, 50)) console.log(failure);
console.log(failures.length === 0 ? 'nothing found' : `${failures.length} failures`);
await api.close();
await globalTeardown();
process.exit(failures.length === 0 ? 0 : 1);
