import { flushCompileCache } from 'node:module';
import { pathToFileURL } from 'node:url';
import { keepClosed } from '../../queues/process/fleet.ts';

/*
 * Loads the apps given as arguments and starts none of them: each stops where it would open its fleet. What was compiled on the way
 * stands in the compile cache then.
 */
const entries = process.argv.slice(2);
const { promise, resolve } = Promise.withResolvers<void>();
let loaded = 0;
keepClosed(() => {
  loaded += 1;
  if (loaded === entries.length) resolve();
});
for (const entry of entries) import(pathToFileURL(entry).href).catch(() => undefined);
await promise;
// What the worker "cleanup" loads only when it makes a backup.
await import('../backups/nights.ts').catch(() => undefined);
flushCompileCache();
process.exit();
