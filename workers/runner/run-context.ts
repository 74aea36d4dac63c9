import type { Job } from 'bullmq';
import type { DatabasePoolConnection, DatabaseTransactionConnection } from 'slonik';
import type { Backend } from '../../queues/backend/backend.ts';
import { withTimeout } from '../../queues/backend/with-timeout.ts';
import type { Noun, RunName, runs } from '../../queues/jobs/catalog.ts';
import { log } from '../../queues/log/log.ts';
import type { Settings } from '../../queues/process/settings.ts';
import { actAs } from '../../sql/changes/acting.ts';
import type { Sql } from '../../sql/database/database.ts';
import type { AdminNotice } from '../../sql/notifications/notify.ts';
import { type CountsSoFar, type Outcome, saveProgress } from '../../sql/runs/execute.ts';
import type { Run } from '../../sql/runs/rows.ts';

/** What a handler gets beside its run. Its effects go through here and nowhere else. */
export type RunContext = {
  settings: Settings;
  /** When this execution began, for what is judged by the clock. A run that is taken up again has a later one. */
  now: Date;
  /** True where everything is rolled back: what is not in the database is only counted. */
  isDry?: boolean;
  /** The queues themselves, for what concerns their jobs; never between BEGIN and COMMIT. */
  backend: Backend;
  /** The connection that holds the process's lock. It is taken away from a handler that leaves it idle for 30 s. */
  db: Sql;
  /**
   * One chunk: its effects and the run's progress are one transaction, on the connection that holds the process's lock.
   * It may be tried several times (slonik repeats a transaction after a serialization failure or a deadlock), so what
   * `step` builds on must come from before it. Between chunks a draining worker hands the run on. Returns the new progress.
   * `countsOf`: the run's counts at that progress, but for its errors, for whoever looks at it meanwhile.
   */
  chunk<P extends object>(
    step: (transaction: DatabaseTransactionConnection) => Promise<P>,
    countsOf?: (reached: P) => CountsSoFar,
  ): Promise<P>;
};
export type RunHandler = (run: Run, context: RunContext) => Promise<Outcome & { notices?: AdminNotice[] }>;

/** The handlers a worker must have: one for each process that the catalog gives it. */
export type HandlersOf<N extends Noun> = { [P in RunName as (typeof runs)[P]['worker'] extends N ? P : never]: RunHandler };

/** The worker drains: the run goes back in line and goes on from its last chunk. */
export class HandedBack extends Error {
  override name = 'HandedOn';
}

/** Showing how far a run is must not hold it up when the queue is away. */
const PROGRESS_MS = 500;

export function contextOf(
  { settings, backend }: Pick<RunContext, 'settings' | 'backend'>,
  db: DatabasePoolConnection,
  run: Run,
  job: Job,
  draining: AbortSignal,
): RunContext {
  return {
    settings,
    now: new Date(),
    backend,
    db,
    async chunk(step, countsOf) {
      if (draining.aborted) throw new HandedBack('between two chunks');
      const progress = await db.transaction(async (transaction) => {
        await actAs(transaction, { actor: 'system', cause: `run ${run.id} (${run.process_type})` });
        const after = await step(transaction);
        if (!(await saveProgress(transaction, run.id, after, countsOf?.(after))))
          throw new Error('the run was ended or removed by somebody else');
        return after;
      });
      await withTimeout(PROGRESS_MS, job.updateProgress(progress)).catch((error) =>
        log.debug({ err: error }, 'progress was not shown'),
      );
      return progress;
    },
  };
}
