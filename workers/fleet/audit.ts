import { parseArgs } from 'node:util';
import { databaseUrlOf } from '../../queues/process/fleet.ts';
import { settingsOrExit } from '../../queues/process/settings.ts';
import { dayOf } from '../../queues/time/calendar.ts';
import { anyDay } from '../../queues/time/days.ts';
import { auditBooks } from '../../sql/audit/audit.ts';
import { settledDay } from '../../sql/audit/settled-day.ts';
import { openDatabase } from '../../sql/database/database.ts';

/** Prints "all square", or a line for everything that is not and exits 1. `--date`: through which day trainings must be charged. */
const settings = settingsOrExit();
const { values } = parseArgs({ options: { date: { type: 'string' } } });
const date = anyDay.optional().safeParse(values.date);
if (!date.success) {
  console.error(`--date: ${date.error.issues[0]?.message}`);
  process.exit(1);
}
const db = await openDatabase(databaseUrlOf(settings), { max: 1, name: 'audit' });
try {
  const findings = await auditBooks(db, date.data ?? (await settledDay(db, dayOf(new Date(), settings.zone))));
  if (findings.length === 0) console.log('all square');
  for (const { rule, id, detail } of findings) console.log(`${rule} ${id}: ${detail}`);
  if (findings.length > 0) process.exitCode = 1;
} finally {
  await db.end();
}
