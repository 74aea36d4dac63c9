import { type Job, UnrecoverableError } from 'bullmq';
import type { DatabasePoolConnection } from 'slonik';
import { scrub } from '../queues/log.ts';
import { type AdminNotice, tellAdmins } from '../sql/notifications.ts';
import { failRun, type Run } from '../sql/runs.ts';

/** Notes a failed try in the book. The last one ends the run as `error` and tells the admins, in one transaction. */
export async function recordFailure(connection: DatabasePoolConnection, chatIds: number[], run: Run, job: Job, error: Error) {
  const isLast = error instanceof UnrecoverableError || job.attemptsMade + 1 >= (job.opts.attempts ?? 1);
  const firstLine = scrub(`${error.name}: ${error.message.split('\n', 1)[0]}`).slice(0, 1_000);
  await connection.transaction(async (transaction) => {
    const failed = await failRun(transaction, run.id, firstLine, isLast);
    if (failed?.status === 'error') await tellAdmins(transaction, chatIds, [failedNotice(failed)]);
  });
}

const failedNotice = (run: Run): AdminNotice => ({
  template: 'run_failed',
  dedupe: `run_failed:${run.id}`,
  params: { run_id: run.id, run_key: run.run_key, attempt: run.attempt, error: run.error_message ?? '' },
});
