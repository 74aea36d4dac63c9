import { spawn } from 'node:child_process';
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Day, endOfDay, startOfDay } from '../../queues/time/calendar.ts';
import { auditBooks } from '../../sql/audit/audit.ts';
import { EVERYTHING } from '../../sql/auth/whose.ts';
import { connectForBackup, exportSnapshot, serverVersion } from '../../sql/backups/server.ts';
import { type Sql, sql } from '../../sql/database/database.ts';
import { calendarsToExport, calendarToExport } from '../../sql/exports/calendar.ts';
import { copyOut, tablesToExport } from '../../sql/exports/copy.ts';
import { findClient, withoutPassword } from '../backups/client-programs.ts';
import { outputOf } from '../backups/dump.ts';
import { writeWhole } from '../backups/files.ts';
import { Refused } from '../refusal.ts';
import { calendarText } from './calendar.ts';

const ALL = 1_000_000;

export type Exported = {
  tables: number;
  calendars: number;
  bytes: number /** What the audit said. */;
  audit: string /** Why there is no dump. */;
  noDump?: string;
};

/**
 * Takes everything out into an empty folder (R29): each table as CSV, and calendars of each location and trainer, all of one moment; what
 * the audit says of the books; and a dump in SQL where there is a program for it. Throws {@link Refused} where the folder holds anything.
 */
export async function exportEverything(
  db: Sql,
  databaseUrl: string,
  folder: string,
  { today, zone }: { today: Day; zone: string },
): Promise<Exported> {
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
    const calendars = await calendarsOut(db, snapshot, join(folder, 'calendars'), { zone, now: new Date() });
    const noDump = await dump(await serverVersion(client), databaseUrl, snapshot, join(folder, 'studio.sql'));
    await client.query('commit');
    return { tables: tables.length, calendars, bytes, audit, ...(noDump === null ? {} : { noDump }) };
  } finally {
    await client.end();
  }
}

/** Writes a calendar for each year of each location and trainer; returns how many. Of one year, since of many one file is a process's memory. */
async function calendarsOut(db: Sql, snapshot: string, folder: string, { zone, now }: { zone: string; now: Date }) {
  await mkdir(folder, { mode: 0o700 });
  return db.transaction(async (transaction) => {
    await transaction.query(sql.unsafe`set transaction isolation level repeatable read`);
    await transaction.query(sql.unsafe`set transaction snapshot ${sql.literalValue(snapshot)}`);
    const calendars = await calendarsToExport(transaction, zone);
    for (const { of, id, year } of calendars) {
      const span = {
        from: startOfDay(`${year}-01-01`, zone),
        to: endOfDay(`${year}-12-31`, zone),
        locationId: of === 'location' ? id : null,
        trainerId: of === 'trainer' ? id : null,
        limit: ALL,
      };
      const text = calendarText(await calendarToExport(transaction, span, EVERYTHING), { title: `${of} ${id}, ${year}`, now });
      await writeWhole(join(folder, `${of}-${id}-${year}.ics`), [Buffer.from(text)]);
    }
    return calendars.length;
  });
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
