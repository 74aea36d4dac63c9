import { type Database, openDatabase, sql } from '../../sql/database/database.ts';
import type { Run } from '../../sql/runs/rows.ts';
import { markPresent } from '../../workers/attendance/mark-present.ts';
import type { RunContext } from '../../workers/runner/execute.ts';
import { fillMoney } from './finance-data.ts';
import { median, ms, report, timed, times } from './measure.ts';

const REGISTRATIONS = 100_000;
const DATE = '2026-11-23';

/** Marking 100,000 registrations of a day as present, against the bare updates of the same rows. */
export async function benchAttendance(url: string) {
  const db = await openDatabase(url, { max: 4, name: 'bench' });
  await fillMoney(db, REGISTRATIONS);
  const ours: number[] = [];
  const floors: number[] = [];
  for (let round = 0; round < 3; round += 1) {
    await forget(db);
    floors.push(await timed(() => updateBare(db)));
    await forget(db);
    ours.push(await timed(() => mark(db)));
  }
  await db.end();
  report(`attendance of ${REGISTRATIONS}`, ms(median(ours)));
  report('bare updates of the same rows', ms(median(floors)));
  report('attendance / bare updates', times(median(ours) / median(floors)), 'at most 2 x');
}

async function mark(db: Database) {
  const chunk = (work: Parameters<RunContext['chunk']>[0]) => db.transaction(work);
  const requested_at = new Date().toISOString();
  const run = { params: { date: DATE }, progress: null, scheduled_for: null, requested_at } as unknown as Run;
  const { counts } = await markPresent(run, { chunk } as unknown as RunContext);
  if (counts.students_processed !== REGISTRATIONS) throw new Error(`${counts.students_processed} were marked`);
}

const updateBare = (db: Database) =>
  db.transaction(async (transaction) => {
    await transaction.query(sql.unsafe`update real_training_students set status = 'PRESENT', attendance_marked_at = now()`);
    await transaction.query(sql.unsafe`update real_trainings set status = 'completed'`);
  });

async function forget(db: Database) {
  await db.query(sql.unsafe`update real_training_students set status = 'REGISTERED', attendance_marked_at = null`);
  await db.query(sql.unsafe`update real_trainings set status = 'scheduled'`);
  for (const table of ['real_training_students', 'real_trainings']) {
    await db.query(sql.unsafe`vacuum full ${sql.identifier([table])}`);
    await db.query(sql.unsafe`analyze ${sql.identifier([table])}`);
  }
}
