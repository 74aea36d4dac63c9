import { openBackend } from '../../queues/backend/backend.ts';
import { readSettings } from '../../queues/process/settings.ts';
import { type Database, openDatabase } from '../../sql/database/database.ts';
import { claimRun, saveProgress } from '../../sql/runs/execute.ts';
import { requestRun } from '../../sql/runs/request.ts';
import { operations } from '../../workers/cleanup/operations.ts';
import { tidyUp } from '../../workers/cleanup/tidy-up.ts';
import { today } from '../support/days.ts';
import { deleteBare, fillPast, standIn } from './cleanup-data.ts';
import { ms, report, timed, times } from './measure.ts';

const MILLION = 1_000_000;
const LOCK_MS = 100;

/** A million old rows deleted while a fleet works on the same tables: how long anybody waits, and what it costs over a bare delete. */
export async function benchCleanup(url: string) {
  const db = await openDatabase(url, { max: 6, name: 'bench' });
  await fillPast(db, MILLION);
  const floor = await timed(() => deleteBare(db));
  await fillPast(db, MILLION);
  const alone = await atWork(db);
  const fleet = standIn(db, LOCK_MS);
  const { took, longest, batches, deleted } = await cleanUp(db, url);
  const others = await fleet.stop();
  report(`cleanup of ${deleted} rows in ${batches} batches, beside a fleet`, ms(took));
  report('the longest of its transactions', ms(longest), 'under 1 s');
  report(`the others: ${others.statements} statements, the longest`, ms(others.longest), `median ${ms(others.median)}`);
  report('the same with nothing to clean, the longest', ms(alone.longest), `median ${ms(alone.median)}`);
  report(`lock waits of others over ${LOCK_MS} ms`, String(others.lockWaits), 'none');
  report('bare deletes of the same rows, one a table', ms(floor));
  report('cleanup / bare deletes', times(took / floor));
  await db.end();
}

/** The stand-in by itself, for as long as it takes to know what is usual. */
async function atWork(db: Database) {
  const fleet = standIn(db, LOCK_MS);
  await new Promise((next) => setTimeout(next, 5_000));
  return fleet.stop();
}

async function cleanUp(db: Database, url: string) {
  const settings = readSettings({ DATABASE_URL: url }, '/nowhere/.env');
  const backend = openBackend({ databaseUrl: url, name: 'bench' });
  const date = today();
  const { run } = await requestRun(db, {
    process_type: 'cleanup',
    run_key: 'cleanup:bench',
    process_date: date,
    params: { date },
  });
  const claimed = await claimRun(db, run.id, 'bench');
  if (!claimed) throw new Error('the bench could not claim its run');
  const lasted: number[] = [];
  let outcome: Awaited<ReturnType<ReturnType<typeof tidyUp>>> | undefined;
  const took = await timed(async () => {
    outcome = await tidyUp(operations)(claimed, {
      settings,
      backend,
      db,
      now: new Date(),
      async chunk(step) {
        const start = performance.now();
        const progress = await db.transaction(async (transaction) => {
          const after = await step(transaction);
          await saveProgress(transaction, run.id, after);
          return after;
        });
        lasted.push(performance.now() - start);
        return progress;
      },
    });
  });
  await backend.close();
  if (outcome?.status !== 'success') throw new Error(`the cleanup ended ${outcome?.status}: ${JSON.stringify(outcome?.details)}`);
  const counts = Object.entries(outcome.result as Record<string, number>).filter(([kind]) => kind.endsWith('_deleted'));
  return { took, longest: Math.max(...lasted), batches: lasted.length, deleted: counts.reduce((sum, [, n]) => sum + n, 0) };
}
