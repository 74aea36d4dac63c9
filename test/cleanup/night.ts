import { z } from 'zod';
import { openBackend } from '../../queues/backend/backend.ts';
import { readSettings } from '../../queues/process/settings.ts';
import { type Database, sql } from '../../sql/database/database.ts';
import { claimRun, saveProgress } from '../../sql/runs/execute.ts';
import { findRun } from '../../sql/runs/find.ts';
import { requestRun } from '../../sql/runs/request.ts';
import type { Operation } from '../../workers/cleanup/operation.ts';
import { operations as nightly } from '../../workers/cleanup/operations.ts';
import { tidyUp } from '../../workers/cleanup/tidy-up.ts';
import type { RunContext } from '../../workers/runner/run-context.ts';
import { type TestDatabase, testDatabase } from '../support/database.ts';
import { studio } from '../support/studio.ts';

export type CleanupNight = Awaited<ReturnType<typeof cleanupNight>>;

/** A studio's database with the cleanup's handler, without a worker around it. Close it when the file's tests are over. */
export async function cleanupNight(environment: Record<string, string> = {}) {
  const database: TestDatabase = await testDatabase({ max: 10 });
  const { db } = database;
  const settings = readSettings({ DATABASE_URL: database.url, ...environment }, '/nowhere/.env');
  const backend = openBackend({ databaseUrl: database.url, name: 'test' });
  let asked = 0;
  return {
    db,
    database,
    settings,
    backend,
    make: studio(db),
    /** Executes a cleanup for a day to its end, as a run of its own; `between` is called before each chunk. */
    async clean(date: string, operations: readonly Operation[] = nightly, between: (chunks: number) => void = () => undefined) {
      asked += 1;
      const request = { process_type: 'cleanup', run_key: `cleanup:${date}:${asked}`, process_date: date, params: { date } };
      const { run } = await requestRun(db, request);
      return this.goOn(run.id, operations, between);
    },
    /** Executes a run from where it is. */
    async goOn(runId: number, operations: readonly Operation[] = nightly, between: (chunks: number) => void = () => undefined) {
      const run = await claimRun(db, runId, 'job');
      if (!run) throw new Error('the run is over');
      let chunks = 0;
      const context: RunContext = {
        settings,
        backend,
        db,
        now: new Date(),
        async chunk(step) {
          between(chunks);
          chunks += 1;
          return db.transaction(async (transaction) => {
            const progress = await step(transaction);
            await saveProgress(transaction, runId, progress);
            return progress;
          });
        },
      };
      return tidyUp(operations)(run, context);
    },
    latestRun: async () =>
      findRun(
        db,
        await db.oneFirst(sql.type(z.object({ id: z.int() }))`
      select max(id) as id from automated_process_history`),
      ),
    async close() {
      await backend.close();
      await database.close();
    },
  };
}

export const only = (...names: string[]) => nightly.filter(({ name }) => names.includes(name));

/** How many rows a table has. */
export const countOf = (db: Database, table: string) =>
  db.oneFirst(sql.type(z.object({ count: z.int() }))`select count(*)::int as count from ${sql.identifier([table])}`);
