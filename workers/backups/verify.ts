import { execFile } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import pg from 'pg';
import { log } from '../../queues/log/log.ts';
import { auditBooks } from '../../sql/audit/audit.ts';
import { settledDay } from '../../sql/audit/settled-day.ts';
import { describeBackups } from '../../sql/backups/backups.ts';
import { type Contents, contentsOf } from '../../sql/backups/instant.ts';
import { openDatabase, type Sql } from '../../sql/database/database.ts';
import { clusterDir, embeddedUrl, prepareEmbedded, serverCommand, UNSAFE, waitForEmbedded } from '../../sql/database/embedded.ts';
import { openSealed } from '../../sql/database/seal.ts';
import { SET_UP_LIMITS } from '../../sql/database/set-up-limits.ts';
import { Refused } from '../refusal.ts';
import type { BackupSettings } from './back-up.ts';
import type { OnProgress } from './base.ts';
import { BucketError } from './bucket-calls.ts';
import { findClient, forProgram } from './client-programs.ts';
import { openElsewhere } from './elsewhere.ts';
import { demandIntact, listManifests, type Manifest, writeManifest } from './files.ts';
import { folderAt } from './folder.ts';
import { recoverBase, type ScratchServer, scratchFolder, startServer } from './recover.ts';

const run = promisify(execFile);
type Scratch = { url: string; server: ScratchServer };

/**
 * Restores the newest backup into a scratch server and looks at it (R34): the migration it is at, the rows of each table, the audit.
 * Only that makes it a verified one. Throws with what is wrong, and leaves nothing of the scratch server.
 */
export async function verifyNewest(db: Sql, settings: BackupSettings, now: Date, onProgress: OnProgress): Promise<Manifest> {
  const newest = (await listManifests(folderAt(settings.backupDir))).at(-1);
  if (!newest) throw new Refused('missing', 'there is no complete backup yet');
  await demandCopyIntact(settings, newest, onProgress);
  const folder = await scratchFolder(settings.dataDir);
  let server: ScratchServer | undefined;
  try {
    const scratch =
      newest.kind === 'base'
        ? await recovered(settings, newest, folder, onProgress)
        : await loaded(settings, newest, folder, onProgress);
    server = scratch.server;
    await onProgress();
    await demandContents(scratch.url, newest);
    await onProgress();
    await demandSquare(scratch.url, newest);
  } finally {
    await server?.stop();
    await rm(folder, { recursive: true, force: true });
  }
  const verified = { ...newest, verified_at: now.toISOString() };
  await writeManifest(settings.backupDir, verified);
  await describeBackups(db, await listManifests(folderAt(settings.backupDir)));
  return verified;
}

/** The copy elsewhere, where there is one already, is what was written. Of a store that is away another alarm tells. */
async function demandCopyIntact(settings: BackupSettings, newest: Manifest, onProgress: OnProgress) {
  const elsewhere = await openElsewhere(settings);
  try {
    const copies = elsewhere ? await listManifests(elsewhere) : [];
    if (elsewhere && copies.some(({ file }) => file === newest.file)) await demandIntact(elsewhere, newest, onProgress);
  } catch (error) {
    if (!(error instanceof BucketError && error.isAway)) throw error;
    log.warn({ err: error }, 'the copy of the newest backup was not looked at');
  } finally {
    elsewhere?.close();
  }
}

async function recovered(
  { backupDir, backupKeyFile }: BackupSettings,
  backup: Manifest,
  dataDir: string,
  onProgress: OnProgress,
): Promise<Scratch> {
  const cluster = clusterDir(dataDir);
  const server = await recoverBase({
    backupDir,
    keyFile: backupKeyFile,
    backup,
    dataDir,
    cluster,
    target: 'its end',
    settings: UNSAFE,
    onProgress,
  });
  return { url: embeddedUrl(dataDir), server };
}

/** A dump goes into an empty server of the embedded PostgreSQL. */
async function loaded(
  { backupDir, backupKeyFile }: BackupSettings,
  backup: Manifest,
  dataDir: string,
  onProgress: OnProgress,
): Promise<Scratch> {
  const path = join(backupDir, backup.file);
  await demandIntact(folderAt(backupDir), backup);
  await prepareEmbedded(dataDir, { durable: false });
  const server = startServer(serverCommand(dataDir, { durable: false }));
  try {
    await waitForEmbedded(dataDir);
    await loadDump({ path, keyFile: backupKeyFile }, embeddedUrl(dataDir), backup.version, onProgress);
    return { url: embeddedUrl(dataDir), server };
  } catch (error) {
    await server.stop();
    throw error;
  }
}

/** Loads a dump into an empty database, all of it or nothing. What `onProgress` throws ends it. */
export async function loadDump(
  { path, keyFile }: { path: string; keyFile: string | undefined },
  url: string,
  version: number,
  onProgress: OnProgress,
) {
  const program = await findClient('pg_restore', version);
  const target = forProgram(url);
  const args = [
    '--no-owner',
    '--no-privileges',
    '--single-transaction',
    '--exit-on-error',
    '--no-password',
    '--dbname',
    target.url,
  ];
  const source = await openSealed(path, keyFile);
  const stopped = new AbortController();
  const watch = setInterval(() => void onProgress().catch((error) => stopped.abort(error)), 1_000);
  try {
    const loading = run(program, args, { env: target.env, maxBuffer: 2 ** 24, signal: stopped.signal });
    // A program that ends early reads no further; what it said of that is told, not the pipe that broke.
    const fed = loading.child.stdin ? pipeline(source, loading.child.stdin) : Promise.resolve();
    const damage = await fed.then(
      () => null,
      (error) => (error.code === 'EPIPE' || error.code === 'ERR_STREAM_PREMATURE_CLOSE' ? null : (error as Error)),
    );
    await loading.catch((error) => {
      throw damage ?? error;
    });
    if (damage) throw damage;
  } catch (error) {
    stopped.signal.throwIfAborted();
    const words = String((error as { stderr?: string }).stderr || (error as Error).message)
      .trim()
      .split('\n');
    throw new Error(`pg_restore: ${words.find((line) => /error/i.test(line)) ?? words.at(-1)}`);
  } finally {
    clearInterval(watch);
  }
}

async function demandContents(url: string, backup: Manifest) {
  const client = new pg.Client({ connectionString: url, ...SET_UP_LIMITS });
  await client.connect();
  try {
    const wrong = differences(await contentsOf(client), backup);
    if (wrong.length > 0)
      throw new Error(`restored, ${backup.file} differs from what was backed up: ${wrong.slice(0, 5).join('; ')}`);
  } finally {
    await client.end();
  }
}

/** What differs, in words; rows count only where they were counted exactly. */
export function differences(
  found: Contents,
  { schema_version, row_counts, is_exact }: Contents & { is_exact: boolean },
): string[] {
  const names = [...new Set([...Object.keys(row_counts), ...Object.keys(found.row_counts)])];
  const rows = names
    .filter((name) => (is_exact ? found.row_counts[name] !== row_counts[name] : !(name in found.row_counts)))
    .map((name) => `${name}: ${found.row_counts[name] ?? 'no table'} rows instead of ${row_counts[name] ?? 'no table'}`);
  const versions =
    found.schema_version === schema_version ? [] : [`migration ${found.schema_version} instead of ${schema_version}`];
  return [...versions, ...rows];
}

async function demandSquare(url: string, { file, day }: Manifest) {
  const db = await openDatabase(url, { max: 1, name: 'verify' });
  try {
    const findings = await auditBooks(db, await settledDay(db, day));
    const [first] = findings;
    if (first)
      throw new Error(
        `restored, ${file} is not square: ${findings.length} findings, such as ${first.rule} ${first.id}: ${first.detail}`,
      );
  } finally {
    await db.end();
  }
}
