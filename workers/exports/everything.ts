import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Day, endOfDay, startOfDay } from '../../queues/time/calendar.ts';
import { auditBooks } from '../../sql/audit/audit.ts';
import { settledDay } from '../../sql/audit/settled-day.ts';
import { EVERYTHING } from '../../sql/auth/whose.ts';
import { connectForBackup, exportSnapshot } from '../../sql/backups/server.ts';
import { type Sql, sql } from '../../sql/database/database.ts';
import { calendarsToExport, calendarToExport } from '../../sql/exports/calendar.ts';
import { csvDump, sqlDump } from '../../sql/exports/dump.ts';
import { LEFT_OUT, tablesToExport } from '../../sql/exports/tables.ts';
import { writeWhole } from '../backups/files.ts';
import { Refused } from '../refusal.ts';
import { calendarText } from './calendar.ts';

const ALL = 1_000_000;

/** `audit`: what the audit said. */
export type Exported = { tables: number; calendars: number; audit: string };
/** Takes one file, by its name with `/` between folders, to its end. */
export type Take = (name: string, content: AsyncIterable<Uint8Array>) => Promise<unknown>;
type Of = { today: Day; zone: string; onTable?: (done: number, tables: number) => Promise<unknown> };

/**
 * Everything there is (R29), all of one moment: each table as CSV, the same as SQL that reads back, calendars of each location and trainer; and
 * what the audit says of the books. Without what only lets people in. The database is not asked for anything else while a file is taken.
 * @param of.onTable is called after each table
 */
export async function takeEverything(db: Sql, databaseUrl: string, take: Take, { today, zone, onTable }: Of): Promise<Exported> {
  const findings = await auditBooks(db, await settledDay(db, today));
  const audit =
    findings.length === 0 ? 'all square' : findings.map(({ rule, id, detail }) => `${rule} ${id}: ${detail}`).join('\n');
  await take('audit.txt', text(`${audit}\n`));
  const client = await connectForBackup(databaseUrl);
  try {
    const snapshot = await exportSnapshot(client);
    const tables = await tablesToExport(client);
    for (const [done, table] of tables.entries()) {
      await take(`${table}.csv`, csvDump(client, table));
      await onTable?.(done + 1, tables.length);
    }
    await take('studio.sql', sqlDump(client, tables, LEFT_OUT));
    const calendars = await calendarsOut(db, snapshot, take, { zone, now: new Date() });
    await client.query('commit');
    return { tables: tables.length, calendars, audit };
  } finally {
    await client.end();
  }
}

async function* text(words: string): AsyncGenerator<Buffer> {
  yield Buffer.from(words);
}

/** {@link takeEverything} into an empty folder. Throws {@link Refused} where the folder holds anything. */
export async function exportEverything(
  db: Sql,
  databaseUrl: string,
  folder: string,
  of: Of,
): Promise<Exported & { bytes: number }> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  if ((await readdir(folder)).length > 0) throw new Refused('conflict', `${folder} is not empty: name a new folder`);
  let bytes = 0;
  const take: Take = async (name, content) => {
    bytes += (await writeWhole(join(folder, name), content)).bytes;
  };
  return { ...(await takeEverything(db, databaseUrl, take, of)), bytes };
}

/** Makes a calendar for each year of each location and trainer; returns how many. Of one year, since of many one file is a process's memory. */
async function calendarsOut(db: Sql, snapshot: string, take: Take, { zone, now }: { zone: string; now: Date }) {
  /** Between files the connection is free for whoever keeps them. */
  const ofThatMoment = <T>(read: (transaction: Sql) => Promise<T>) =>
    db.transaction(async (transaction) => {
      await transaction.query(sql.unsafe`set transaction isolation level repeatable read`);
      await transaction.query(sql.unsafe`set transaction snapshot ${sql.literalValue(snapshot)}`);
      return read(transaction);
    });
  const calendars = await ofThatMoment((transaction) => calendarsToExport(transaction, zone));
  for (const { of, id, year } of calendars) {
    const span = {
      from: startOfDay(`${year}-01-01`, zone),
      to: endOfDay(`${year}-12-31`, zone),
      locationId: of === 'location' ? id : null,
      trainerId: of === 'trainer' ? id : null,
      limit: ALL,
    };
    const events = await ofThatMoment((transaction) => calendarToExport(transaction, span, EVERYTHING));
    await take(`calendars/${of}-${id}-${year}.ics`, text(calendarText(events, { title: `${of} ${id}, ${year}`, now })));
  }
  return calendars.length;
}
