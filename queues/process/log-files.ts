import { chmodSync, copyFileSync, existsSync, renameSync, statSync, truncateSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { log } from '../log/log.ts';
import type { Settings } from './settings.ts';

const LOOK_MS = 10_000;

/**
 * Keeps this process's log files, as PM2 names them, under `LOG_MAX_MB` each, with `LOG_KEEP` older ones beside each (`api-out.log.1` is
 * the youngest). The scheduler looks after those of programs that cannot: the embedded PostgreSQL's and PM2's own.
 */
export function keepLogsSmall(settings: Pick<Settings, 'logMaxBytes' | 'logKeep'>, environment: NodeJS.ProcessEnv = process.env) {
  const { pm_out_log_path: out, pm_err_log_path: error, name, PM2_HOME } = environment;
  if (!out || !error) return;
  const files = [out, error];
  if (name === 'scheduler') {
    files.push(...['postgres-out.log', 'postgres-error.log'].map((file) => join(dirname(out), file)));
    if (PM2_HOME) files.push(join(PM2_HOME, 'pm2.log'));
  }
  const look = () => {
    for (const file of files) {
      try {
        rotateLog(file, settings.logMaxBytes, settings.logKeep);
      } catch (error) {
        log.warn({ err: error, file }, 'a log file could not be set aside');
      }
    }
  };
  look();
  setInterval(look, LOOK_MS).unref();
}

/**
 * Sets a log file aside once it has grown to `most` bytes, and drops the oldest beyond `keep`. It is copied and cut, not renamed: who
 * writes to it holds it open, appends, and goes on in the same file. Both happen in one go, so a line that is written meanwhile
 * by another process is all that can be lost.
 */
export function rotateLog(file: string, most: number, keep: number) {
  if (!existsSync(file) || statSync(file).size < most) return;
  for (let n = keep; n > 1; n -= 1) {
    if (existsSync(`${file}.${n - 1}`)) renameSync(`${file}.${n - 1}`, `${file}.${n}`);
  }
  if (keep > 0) {
    copyFileSync(file, `${file}.1`);
    chmodSync(`${file}.1`, 0o600);
  }
  truncateSync(file);
}
