import { spawnSync } from 'node:child_process';
import moment from 'moment-timezone';
import { datefudge } from './clock-libraries.ts';

/**
 * `npm run test:clock -- INSTANT [files]`: all tests, or those of some files and folders, on another day.
 *
 * INSTANT is a day (noon is meant), a wall time of `STUDIO_TZ` (Europe/Moscow when unset), or an instant with its offset:
 * `2028-02-29`, `2026-12-31T23:50`, `2027-03-28T00:59:30Z`. The library of `datefudge` (Linux; a Debian package, installed by apt
 * where it is missing) adds one fixed number of seconds to what every process reads as the time: Node, PostgreSQL, Redis and what
 * they start agree, and time flows. Monotonic clocks are left alone, so timers and patience last as long as ever. Files keep the
 * machine's time.
 *
 * libfaketime was tried: PostgreSQL's timeouts never fire under it, since a signal handler that interrupts a wait is given the
 * machine's time, and Redis does not start.
 */
const [given = '', ...files] = process.argv.slice(2);
const zone = process.env.STUDIO_TZ || 'Europe/Moscow';
const instant = moment.tz(given.includes('T') ? given : `${given}T12:00`, moment.ISO_8601, true, zone);
if (!instant.isValid()) {
  console.error('npm run test:clock -- INSTANT [files]: a day or an instant, such as 2028-02-29 or 2026-12-31T23:50');
  process.exit(64);
}
const library = datefudge() ?? install();
const behind = Math.round((Date.now() - instant.valueOf()) / 1_000);
console.log(`the clock says ${instant.toISOString()}`);
const jest = ['node_modules/jest/bin/jest.js', '--config', 'test/jest.config.js', '--maxWorkers=2', ...files];
const { status } = spawnSync(process.execPath, ['--experimental-vm-modules', '--no-warnings', ...jest], {
  stdio: 'inherit',
  env: { ...process.env, LD_PRELOAD: library, DATEFUDGE: String(behind) },
});
process.exitCode = status ?? 1;

function install() {
  const command = 'apt-get update -qq && apt-get install -y -qq datefudge >/dev/null';
  spawnSync('sh', ['-c', command], { env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } });
  const found = datefudge();
  if (found) return found;
  console.error('a moved clock needs datefudge (Debian, as root: apt-get install datefudge)');
  process.exit(69);
}
