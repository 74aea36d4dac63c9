import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { archivingSettings, restoreCommand, walDir } from '../../sql/database/archiving.ts';
import { adoptCluster, clusterCommand, freePort, type ServerCommand, systemOf } from '../../sql/database/embedded.ts';
import { openCompressed } from '../../sql/database/seal.ts';
import { Refused } from '../refusal.ts';
import type { OnProgress } from './base.ts';
import { demandIntact, type Manifest } from './files.ts';
import { folderAt } from './folder.ts';
import { unpack } from './tar.ts';
import { timelineOf } from './timeline.ts';

/** How far a base backup is recovered: to where it ended itself, to an instant, or as far as the archive goes. */
export type Target = 'its end' | 'all' | { at: string };

/** A server of a restore or a verification. */
export type ScratchServer = { stop(): Promise<void> };

type Recovery = {
  backupDir: string;
  keyFile: string | undefined;
  backup: Manifest;
  /** The data folder it becomes the database of. */
  dataDir: string;
  /** Where its files are written; empty. */
  cluster: string;
  target: Target;
  /** Where its log is kept from the first record on, if it takes the place of the one that was lost. */
  archiveDir?: string;
  settings?: Record<string, string>;
  onProgress: OnProgress;
};

/**
 * Unpacks a base backup and starts a server that recovers it; resolves when it has, with new passwords in `postgres.json`.
 * Throws {@link Refused} where the file is damaged, or the archive ends before the instant that was asked for.
 */
export async function recoverBase(recovery: Recovery): Promise<ScratchServer> {
  const { backupDir, backup, dataDir, cluster, onProgress } = recovery;
  const path = join(backupDir, backup.file);
  await demandIntact(folderAt(backupDir), backup);
  await mkdir(cluster, { recursive: true, mode: 0o700 });
  await unpack(await openCompressed(path, recovery.keyFile), cluster);
  await writeFile(join(cluster, 'recovery.signal'), '', { mode: 0o600 });
  const sockets = await mkdtemp(join(tmpdir(), 'studio-fleet-'));
  const hba = join(sockets, 'hba.conf');
  await writeFile(hba, 'local all all trust\nhost all all 127.0.0.1/32 scram-sha-256\n', { mode: 0o600 });
  const port = await freePort();
  const command = clusterCommand(cluster, {
    port,
    listen_addresses: '127.0.0.1',
    unix_socket_directories: sockets,
    hba_file: hba,
    shared_buffers: '64MB',
    hot_standby: 'off',
    ...(await targetSettings(recovery)),
    ...(recovery.archiveDir === undefined
      ? { archive_mode: 'off' }
      : archivingSettings(walDir(recovery.archiveDir, systemOf(cluster)), recovery.keyFile)),
    ...recovery.settings,
  });
  const server = startServer(command, () => rm(sockets, { recursive: true, force: true }));
  try {
    const owner = { host: sockets, port, user: 'fleet', database: 'fleet' };
    await untilRecovered(owner, server, recovery, onProgress);
    await adoptCluster(dataDir, owner);
    return server;
  } catch (error) {
    await server.stop();
    throw error;
  }
}

/** A base backup that is recovered to its end needs nothing of the archive. */
async function targetSettings({ target, backupDir, backup, keyFile }: Recovery): Promise<Record<string, string>> {
  if (target === 'its end') {
    const lsn = backup.wal?.lsn ?? '';
    return {
      restore_command: 'exit 1',
      recovery_target_timeline: 'current',
      recovery_target_lsn: lsn,
      recovery_target_inclusive: 'off',
      recovery_target_action: 'promote',
    };
  }
  const folder = walDir(backupDir, backup.wal?.system ?? '');
  const settings = {
    restore_command: restoreCommand(folder, keyFile),
    recovery_target_timeline: String(await timelineOf(backup, folder, keyFile)),
  };
  return target === 'all'
    ? settings
    : { ...settings, recovery_target_time: target.at.replace('T', ' ').replace('Z', '+00'), recovery_target_action: 'promote' };
}

type Server = ScratchServer & { hasEnded(): boolean; words(): string[] };
const WORDS = 40;
/** What it tells whoever asks before it takes anybody in: no reason for its end. */
const TO_WHO_ASKED = /FATAL: {2}the database system is /;

/** Starts a server of ours for a while. `stop` ends it cleanly. */
export function startServer(
  { program, args }: ServerCommand,
  afterwards: () => Promise<unknown> = async () => undefined,
): Server {
  const child: ChildProcess = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  const words: string[] = [];
  createInterface({ input: child.stderr as Readable }).on('line', (line) => {
    if (!TO_WHO_ASKED.test(line)) words.push(line);
    words.splice(0, words.length - WORDS);
  });
  let isClosed = child.pid === undefined;
  child.on('error', (error) => words.push(error.message));
  // Not when it exits: what it said last is read after that.
  child.on('close', () => {
    isClosed = true;
  });
  const hasEnded = () => isClosed;
  return {
    hasEnded,
    words: () => words,
    async stop() {
      if (!hasEnded()) {
        const ended = once(child, 'close');
        child.kill('SIGINT');
        await ended;
      }
      await afterwards();
    },
  };
}

/** A server that recovers takes nobody in; it does as soon as it has. */
async function untilRecovered(owner: pg.ClientConfig, server: Server, { target }: Recovery, onProgress: OnProgress) {
  for (;;) {
    const client = new pg.Client({ ...owner, connectionTimeoutMillis: 3_000, query_timeout: 10_000 });
    client.on('error', () => undefined);
    try {
      await client.connect();
      const { rows } = await client.query<{ recovers: boolean }>('select pg_is_in_recovery() as recovers');
      if (rows[0]?.recovers === false) return;
    } catch {
      if (server.hasEnded()) throw whyEnded(server.words(), target);
    } finally {
      await client.end().catch(() => undefined);
    }
    await onProgress();
    await pause(50);
  }
}

function whyEnded(words: readonly string[], target: Target): Error {
  const fatal = words.findLast((line) => /FATAL|PANIC/.test(line))?.replace(/^.*?(FATAL|PANIC):\s+/, '') ?? words.at(-1) ?? '';
  if (typeof target === 'object' && /before configured recovery target/.test(fatal)) {
    return new Refused('invalid', `the archive ends before ${target.at}: what was written last was not archived yet, or is lost`);
  }
  return new Error(`the restored server ended: ${fatal}`);
}

/** A folder for a scratch server. What a killed verification has left, its server too, is removed first. */
export async function scratchFolder(dataDir: string): Promise<string> {
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  for (const name of await readdir(dataDir)) {
    if (!name.startsWith(SCRATCH)) continue;
    await endLeftServer(join(dataDir, name, 'postgres'));
    await rm(join(dataDir, name), { recursive: true, force: true });
  }
  return mkdtemp(join(dataDir, SCRATCH));
}
const SCRATCH = 'verify-';

/** Ends the server of a folder if its worker was killed and it was not. */
async function endLeftServer(cluster: string) {
  const pid = Number((await readFile(join(cluster, 'postmaster.pid'), 'utf8').catch(() => '')).split('\n', 1)[0]);
  if (!pid) return;
  const line = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  if (!line.includes(cluster)) return;
  process.kill(pid, 'SIGQUIT');
  for (let tries = 0; tries < 100 && (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')) !== ''; tries += 1)
    await pause(50);
}
