import { resolve } from 'node:path';
import { databaseUrlOf } from '../../queues/process/fleet.ts';
import { settingsOrExit } from '../../queues/process/settings.ts';
import { dayOf } from '../../queues/time/calendar.ts';
import { openDatabase } from '../../sql/database/database.ts';
import { noteExport } from '../../sql/exports/rows.ts';
import { backupUrlOf } from '../backups/back-up.ts';
import { exportEverything } from '../exports/everything.ts';

/** Takes everything out: `npm run export -- FOLDER`. */
const settings = settingsOrExit();
const [folder, ...more] = process.argv.slice(2);
if (folder === undefined || folder.startsWith('-') || more.length > 0) {
  console.error(
    'npm run export -- FOLDER\nFOLDER   a new one: each table as CSV, all of them as SQL, calendars, and what the audit says',
  );
  process.exit(1);
}
try {
  const db = await openDatabase(databaseUrlOf(settings), { max: 1, name: 'export', limits: { statementMs: 600_000 } });
  try {
    const done = await exportEverything(db, backupUrlOf(settings), resolve(folder), {
      today: dayOf(new Date(), settings.zone),
      zone: settings.zone,
    });
    await noteExport(db, { actor: 'system', cause: 'npm run export', what: { what: 'everything', tables: done.tables } });
    console.log(
      `Exported: ${done.tables} tables, ${done.calendars} calendars, ${(done.bytes / 1e6).toFixed(1)} MB, into ${resolve(folder)}`,
    );
    console.log(`  Audit: ${done.audit}`);
    console.log('  studio.sql has it all once more: psql reads it back into an empty database.');
    console.log(
      '  Passwords, keys and sessions are left out; a copy with them is a backup (npm run backup). Whoever has this folder has your clients: keep it safe.',
    );
  } finally {
    await db.end();
  }
} catch (error) {
  console.error(`Nothing is exported: ${(error as Error).message}`);
  process.exitCode = 1;
}
