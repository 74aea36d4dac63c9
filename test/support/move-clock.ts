import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import moment from 'moment-timezone';

/**
 * `npm run test:clock -- INSTANT [files]`: the tests, or those of some files and folders, on another day.
 *
 * INSTANT is a day (noon is meant), a wall time of `STUDIO_TZ` (Europe/Moscow when unset), or an instant with its offset:
 * `2028-02-29`, `2026-12-31T23:50`, `2027-03-28T00:59:30Z`. libfaketime (Linux; Debian's package, installed by apt when root
 * runs this without it) adds one fixed number of seconds to what every process reads as the time: Node, PostgreSQL and what they
 * start agree, and time flows. Monotonic clocks are left alone, so timers and patience last as long as ever.
 *
 * `redis-server` does not start under it and keeps the machine's time. Nothing we keep there compares the two: every key lives
 * for a time from now, and BullMQ hands its scripts the time of whoever calls.
 */
const [given = '', ...files] = process.argv.slice(2);
const zone = process.env.STUDIO_TZ || 'Europe/Moscow';
const instant = moment.tz(/T/.test(given) ? given : `${given}T12:00`, moment.ISO_8601, true, zone);
if (!instant.isValid()) {
  console.error('npm run test:clock -- INSTANT [files]: a day or an instant, such as 2028-02-29 or 2026-12-31T23:50');
  process.exit(64);
}
const library = libfaketime() ?? install();
const shift = Math.round((instant.valueOf() - Date.now()) / 1_000);
const programs = mkdtempSync(join(tmpdir(), 'studio-fleet-clock-'));
try {
  withoutClock('redis-server');
  console.log(`the clock says ${instant.toISOString()} (${shift >= 0 ? '+' : ''}${shift} s)`);
  const jest = ['--experimental-vm-modules', '--no-warnings', 'node_modules/jest/bin/jest.js', '--maxWorkers=2', ...files];
  const { status } = spawnSync(process.execPath, jest, {
    stdio: 'inherit',
    env: {
      ...process.env,
      PATH: `${programs}:${process.env.PATH}`,
      LD_PRELOAD: library,
      FAKETIME: `${shift >= 0 ? '+' : ''}${shift}s`,
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
    },
  });
  process.exitCode = status ?? 1;
} finally {
  rmSync(programs, { recursive: true });
}

/** Puts a program of this name first on the PATH that is the machine's own, started without the library. */
function withoutClock(name: string) {
  const { stdout } = spawnSync('sh', ['-c', `command -v ${name}`], { encoding: 'utf8' });
  if (!stdout) return;
  writeFileSync(join(programs, name), `#!/bin/sh\nunset LD_PRELOAD\nexec ${stdout.trim()} "$@"\n`, { mode: 0o755 });
}

/** The path of the library for programs of many threads. */
function libfaketime() {
  const folders = readdirSync('/usr/lib', { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return folders.map(({ name }) => join('/usr/lib', name, 'faketime', 'libfaketimeMT.so.1')).find((path) => existsSync(path));
}

function install() {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  spawnSync('sh', ['-c', 'apt-get update -qq && apt-get install -y -qq libfaketime >/dev/null'], { env });
  const found = libfaketime();
  if (found) return found;
  console.error('a moved clock needs libfaketime (Debian, as root: apt-get install libfaketime)');
  process.exit(69);
}
