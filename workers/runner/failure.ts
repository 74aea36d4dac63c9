import { createHash } from 'node:crypto';
import { type Job, UnrecoverableError } from 'bullmq';
import type { DatabasePoolConnection } from 'slonik';
import { isRunName, runs } from '../../queues/jobs/catalog.ts';
import type { RunDefinition } from '../../queues/jobs/run-definition.ts';
import { scrub } from '../../queues/log/log.ts';
import { timetable } from '../../queues/timetable/timetable.ts';
import { clearAlert, raiseAlert, type Trouble } from '../../sql/alerts/alerts.ts';
import type { Sql } from '../../sql/database/database.ts';
import { failRun } from '../../sql/runs/execute.ts';
import type { Run } from '../../sql/runs/rows.ts';

/** Notes a failed try in the database. The last one ends the run as `error` and notifies the admins, in one transaction. */
export async function recordFailure(connection: DatabasePoolConnection, chatIds: number[], run: Run, job: Job, error: Error) {
  const isLast = error instanceof UnrecoverableError || job.attemptsMade + 1 >= (job.opts.attempts ?? 1);
  const firstLine = scrub(`${error.name}: ${error.message.split('\n', 1)[0]}`).slice(0, 1_000);
  await connection.transaction(async (transaction) => {
    const failed = await failRun(transaction, run.id, firstLine, isLast);
    if (failed?.status === 'error' && !hasOwnAlarm(failed)) await raiseAlert(transaction, chatIds, troubleOf(failed));
  });
}

/** What is watched by itself (R36) is told by whoever watches it; whoever asked for it by hand hears of it all the same. */
const hasOwnAlarm = ({ process_type, created_by }: Run) => {
  const definition: RunDefinition | undefined = isRunName(process_type) ? runs[process_type] : undefined;
  return definition?.hasOwnAlarm === true && created_by === 'system';
};

/** The same process failing for the same reason is the same trouble; numbers in the reason make no difference. */
function troubleOf(run: Run): Trouble {
  const reason = (run.error_message ?? '').replaceAll(/\d+/g, '#');
  const hash = createHash('sha256').update(reason).digest('hex').slice(0, 8);
  return {
    fingerprint: `${failuresOf(run.process_type)}${hash}`,
    template: 'run_failed',
    params: { run_id: run.id, run_key: run.run_key, attempt: run.attempt, error: run.error_message ?? '' },
    isAnswer: run.created_by !== 'system',
  };
}

/** A run that ends well ends the trouble of its process. */
export async function recover(transaction: Sql, chatIds: number[], processType: string) {
  for (const trouble of troublesOf(processType)) await clearAlert(transaction, chatIds, trouble);
}

const failuresOf = (processType: string) => `run_failed:${processType}:`;

/** Fingerprints of the trouble a process can be in: its failures, and the missed deadlines of its schedules. */
export const troublesOf = (processType: string) => [
  failuresOf(processType),
  ...timetable.filter(({ run }) => run === processType).map(({ name }) => `deadline_missed:${name}`),
];
