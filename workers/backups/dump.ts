import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import type pg from 'pg';
import { contentsOf } from '../../sql/backups/instant.ts';
import { exportSnapshot, serverVersion } from '../../sql/backups/server.ts';
import type { BackupPlace, OnProgress } from './base.ts';
import { findClient, forProgram } from './client-programs.ts';
import { sealing, writeWhole } from './files.ts';

/** How often it is asked whether to go on. */
const TICK_MS = 1_000;

/**
 * Dumps a database of one's own (`pg_dump -Fc`), and counts its rows in the very snapshot of the dump.
 * Throws where there is no client program for the server, and with the program's own words where it fails.
 */
export async function makeDump(
  client: pg.Client,
  databaseUrl: string,
  { backupDir, backupKeyFile }: BackupPlace,
  file: string,
  onProgress: OnProgress,
) {
  const program = await findClient('pg_dump', await serverVersion(client));
  const snapshot = await exportSnapshot(client);
  try {
    const contents = await contentsOf(client);
    const { url, env } = forProgram(databaseUrl);
    const args = ['--format=custom', `--snapshot=${snapshot}`, '--no-password', url];
    const start = () => spawn(program, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    const written = await writeWhole(join(backupDir, file), outputOf(start, onProgress), sealing(backupKeyFile));
    return { ...written, ...contents, is_exact: true, wal: null };
  } finally {
    await client.query('commit');
  }
}

/**
 * What a program prints. Throws at its end with the last of its words unless it exits with 0; ends it where nobody wants more.
 * It is started when it is read from: Node throws away what a program that has ended has printed to nobody.
 */
export async function* outputOf(
  start: () => ChildProcessByStdio<null, Readable, Readable>,
  onProgress: OnProgress,
): AsyncGenerator<Buffer> {
  const child = start();
  const ended = once(child, 'close');
  const words = text(child.stderr);
  ended.catch(() => undefined);
  let stopped: unknown;
  const watch = setInterval(() => {
    onProgress().catch((error) => {
      stopped ??= error;
      child.kill();
    });
  }, TICK_MS);
  try {
    for await (const chunk of child.stdout) yield chunk;
    const [code, signal] = await ended;
    if (stopped !== undefined) throw stopped;
    if (code !== 0) throw new Error(`pg_dump ended with ${code ?? signal}: ${lastLine(await words)}`);
  } finally {
    clearInterval(watch);
    child.kill();
  }
}

const lastLine = (words: string) => words.trim().split('\n').at(-1) ?? '';
