import { spawnSync } from 'node:child_process';

/**
 * `npm run test:nightly`: all tests with all that is long played whole (nightly-only.ts) and with coverage, then a day's tests with
 * the clock minutes before a new year, and on a leap day (move-clock.ts). All of it runs, whatever fails.
 */
const jest = ['--experimental-vm-modules', '--no-warnings', 'node_modules/jest/bin/jest.js', '--config', 'test/jest.config.js'];
const steps: [args: string[], environment: NodeJS.ProcessEnv][] = [
  [[...jest, '--coverage', '--maxWorkers=2'], { NIGHTLY: 'yes' }],
  [['test/support/move-clock.ts', '2026-12-31T23:50'], {}],
  [['test/support/move-clock.ts', '2028-02-29'], {}],
];
const failed = steps.filter(
  ([args, environment]) =>
    spawnSync(process.execPath, args, { stdio: 'inherit', env: { ...process.env, ...environment } }).status !== 0,
);
for (const [args] of failed) console.error(`failed: ${args.filter((arg) => !arg.startsWith('--')).join(' ')}`);
process.exitCode = failed.length > 0 ? 1 : 0;
