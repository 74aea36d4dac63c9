import { parseArgs } from 'node:util';
import globalSetup from '../support/global-setup.ts';
import globalTeardown from '../support/global-teardown.ts';

/** `npm run fuzz -- --seed N --requests N`: asks the API what nobody should, against a database of its own. */
const { values } = parseArgs({ options: { seed: { type: 'string' }, requests: { type: 'string' } } });
/** Whoever asks for something else meanwhile has an answer by then, on a machine that does nothing else. */
const BYSTANDER_MS = 5_000;
const seed = Number(values.seed ?? Date.now() % 1_000_000);
const requests = Number(values.requests ?? 20_000);

await globalSetup();
const { testApi } = await import('../support/front-door.ts');
const { fuzz, fillStudio, FUZZ_SETTINGS } = await import('./fuzz.ts');
const api = await testApi({ settings: FUZZ_SETTINGS });
await fillStudio(api);
const { failures, statuses, slowest } = await fuzz(api, seed, requests);
if (slowest > BYSTANDER_MS) failures.push(`seed ${seed}: a bystander waited ${slowest.toFixed(0)} ms`);
console.log(`seed ${seed}: ${requests} requests, answered`, statuses, `a bystander waited ${slowest.toFixed(0)} ms at most`);
for (const failure of failures.slice(0, 50)) console.log(failure);
console.log(failures.length === 0 ? 'nothing found' : `${failures.length} failures`);
await api.close();
await globalTeardown();
process.exit(failures.length === 0 ? 0 : 1);
