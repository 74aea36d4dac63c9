import { writeFileSync } from 'node:fs';
import { datefudge, faketime } from '../support/clock-libraries.ts';

/**
 * The clock of a host, which can be set: Debian's library `faketime` reads in a file how far it is ahead. Monotonic clocks go on as
 * they are. Undefined where that library is not installed.
 */
export function hostClock(file: string) {
  const library = faketime();
  if (!library) return undefined;
  const set = (seconds: number) => writeFileSync(file, `${seconds < 0 ? '-' : '+'}${Math.abs(seconds)}\n`);
  set(0);
  return {
    set,
    env: {
      LD_PRELOAD: library,
      FAKETIME_TIMESTAMP_FILE: file,
      FAKETIME_CACHE_DURATION: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
    },
  };
}

export type HostClock = NonNullable<ReturnType<typeof hostClock>>;

/**
 * The environment in which a database is started so many seconds ahead; under `faketime` its time-outs never come, so this is Debian's
 * `datefudge`, which is as far ahead as it was at the start. Undefined where that is not installed.
 */
export function serverClock(seconds: number) {
  const library = datefudge();
  return library && { LD_PRELOAD: library, DATEFUDGE: String(-seconds) };
}
export const canMoveClocks = () => faketime() !== undefined && datefudge() !== undefined;
