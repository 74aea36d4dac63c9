import { spawn } from 'node:child_process';
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Day } from '../../queues/time/calendar.ts';
import { auditBooks } from '../../sql/audit/audit.ts';
import { connectForBackup, exportSnapshot, serverVersion } from '../../sql/backups/server.ts';
import type { Sql } from '../../sql/database/database.ts';
import { copyOut, tablesToExport } from '../../sql/exports/copy.ts';
import { findClient, withoutPassword } from '../backups/client-programs.ts';
import { outputOf } from '../backups/dump.ts';
import { writeWhole } from '../backups/files.ts';
import { Refused } from '../refusal.ts';

export type Exported = {
  tables: number;
  bytes: number /** What the audit said. */;
  audit: string /** Why there is no dump. */;
  noDump?: string;
};

/**
 * Takes everything out into an empty folder (R29): each table as CSV, all of one moment; what the audit says of the books; and a dump
 * in SQL where there is a program for it. Throws {@link Refused} where the folder holds anything.
 */
export async function exportEverything(db: Sql, databaseUrl: string, folder: string, today: Day): Promise<Exported> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  if ((await readdir(folder)).length > 0) throw new Refused('conflict', `${folder} is not empty: name a new folder`);
  const findings = await auditBooks(db, today);
  const audit =
    findings.length === 0 ? 'all square' : findings.map(({ rule, id, detail }) => `${rule} ${id}: ${detail}`).join('\n');
  await writeWhole(join(folder, 'audit.txt'), [Buffer.from(`${audit}\n`)]);
  const client = await connectForBackup(databaseUrl);
  try {
    const snapshot = await exportSnapshot(client);
    const tables = await tablesToExport(client);
    let bytes = 0;
    for (const table of tables) bytes += (await writeWhole(join(folder, `${table}.csv`), copyOut(client, table))).bytes;
    const noDump = await dump(await serverVersion(client), databaseUrl, snapshot, join(folder, 'studio.sql'));
    await client.query('commit');
    return { tables: tables.length, bytes, audit, ...(noDump === null ? {} : { noDump }) };
  } finally {
    await client.end();
  }
}

/** Writes the dump; returns why there is none. */
async function dump(version: number, databaseUrl: string, snapshot: string, path: string): Promise<string | null> {
  try {
    const program = await findClient('pg_dump', version);
    const { url, env } = withoutPassword(databaseUrl);
    const args = ['--format=plain', '--no-owner', `--snapshot=${snapshot}`, '--no-password', url];
    const start = () => spawn(program, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    await writeWhole(
      path,
      outputOf(start, async () => undefined),
    );
    return null;
  } catch (error) {
    return (error as Error).message;
  }
}
