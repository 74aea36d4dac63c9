import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';
import { claimed, ended, type Outcome } from './execute.ts';
import { processLocked, processReleased, runnerWatched } from './locks.ts';
import { waits } from './open.ts';
import { columns, type Run, runRow } from './rows.ts';

const takenRow = z.discriminatedUnion('is', [
  runRow.extend({ is: z.literal('taken'), locked_process: z.string() }),
  z.object({ is: z.literal('busy') }),
  z.object({ is: z.literal('stale'), locked_process: z.string().nullable() }),
]);

/**
 * Takes hold of a run for execution on a connection: its process's lock, the watch over its runner and the claim, in one statement.
 * A run found `running` lost its runner in the middle: it counts an interruption and goes on from its progress.
 * `busy`: it must wait, or another run has the lock. `stale`: it is over, or there is none; `locked_process` names the process
 * whose lock is held all the same, since the run ended in the same moment.
 * The claim itself is not waited for until it is on the disk: whatever the run commits is there after it, and one that the server
 * forgets in a crash had done nothing yet.
 */
export const takeRun = (connection: Sql, id: number, jobId: string) =>
  connection.one(sql.prepared('take_run', takenRow)`
    with run as materialized (
      select * from automated_process_history where id = ${id} and status in ('queued', 'running')
    ), lock as materialized (
      select id, process_type, ${processLocked(sql.fragment`process_type`)} as is_held from run where not ${waits}
    ), settings as materialized (
      select lock.id, ${runnerWatched}, set_config('synchronous_commit', 'off', true) from lock where is_held
    ), claimed as (
      ${claimed(jobId)} from settings where run.id = settings.id and status in ('queued', 'running')
      returning run.*
    )
    select case when claimed.id is not null then 'taken' when (select count(*) from run) = 0 or is_held then 'stale' else 'busy' end as is,
      lock.process_type as locked_process, claimed.*
    from (select) as always left join lock on true left join claimed on true`);

/**
 * {@link finishRun} and the release of the process's lock in one statement, where no trouble of the process is open whose end would
 * have to be told. Returns null, with nothing done, where there is, or when the run was over already.
 * @param trouble fingerprints of alerts, or, ending in a colon, what several begin with
 */
export const finishAndRelease = (
  connection: Sql,
  id: number,
  outcome: Outcome,
  trouble: readonly string[],
): Promise<Run | null> =>
  connection.maybeOne(sql.prepared('finish_and_release', runRow)`
    with done as (
      ${ended(id, outcome)} and not exists (
        select from alerts, unnest(${sql.array([...trouble], 'text')}) as known
        where recovered_at is null and (fingerprint = known or (right(known, 1) = ':' and starts_with(fingerprint, known))))
      returning *
    ), released as materialized (
      select ${processReleased(sql.fragment`process_type`)} from done
    )
    select ${columns} from done, released`);
