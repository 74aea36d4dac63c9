import { z } from 'zod';
import { enqueueProcess, QueueUnavailable } from '../../queues/backend/enqueue.ts';
import { type RunName, runNames, runs } from '../../queues/jobs/catalog.ts';
import { type ProcessRequest, requestProcess } from '../../queues/jobs/request.ts';
import type { RunDefinition } from '../../queues/jobs/run-definition.ts';
import { dayOf } from '../../queues/time/calendar.ts';
import { boundsInWords, boundsOf, outside } from '../../queues/timetable/bounds.ts';
import { isOver, type Run, runRow } from '../../sql/runs/rows.ts';
import { away, Problem, unacceptable } from '../http/problems.ts';
import { type AnswerOf, type Context, type Route, route } from '../http/route.ts';
import { waitForRun } from '../http/wait.ts';
import { canBeDry, dryResult } from './dry-runs.ts';

const accepted = z
  .object({
    run_id: z.int(),
    process_type: z.string(),
    run_key: z.string(),
    status: runRow.shape.status,
    href: z.string(),
  })
  .meta({ id: 'RunAccepted' });

type Answers = { 202: typeof accepted; 200: z.ZodType };

/** One route for each process of the catalog. */
export const triggerRoutes: Route[] = runNames.flatMap((name) => trigger(name, runs[name]));

/** Processes without a path are asked for as parts of others only. */
function trigger(name: RunName, definition: RunDefinition): Route[] {
  if (!definition.path) return [];
  return [triggerOf(name, definition, definition.path)];
}

function triggerOf(name: RunName, definition: RunDefinition, path: string): Route {
  return route({
    method: 'post',
    path,
    summary: definition.summary,
    tag: 'processes',
    scope: `run:${name}`,
    body: definition.body,
    bodyOptional: true,
    responses: { 202: accepted, 200: definition.result },
    async handle({ body }, context) {
      const { again, dry_run, ...rest } = body as { again?: boolean; dry_run?: boolean };
      const { settings } = context.fleet;
      const isDry = Boolean(dry_run) && canBeDry(name);
      const wrong = outside(boundsOf(name, { ...settings, now: context.now }, isDry), rest);
      if (wrong) throw unacceptable(wrong.field, boundsInWords(wrong));
      if (isDry) return { body: await dryResult(name, rest, context), headers: waited(context) };
      const today = dayOf(context.now, settings.zone);
      const requested = await requestProcess(context.db, name, rest, today, {
        again,
        created_by: context.caller.name,
        api_key_used: context.caller.name,
        request_id: context.requestId,
      });
      return acceptance(requested, context);
    },
  });
}

/** 202 with where to look; once the request is safe in the database, the job, and the result if the caller waits for it. */
function acceptance(requested: ProcessRequest, context: Context): AnswerOf<Answers> {
  const { run, outcome } = requested;
  const headers: Record<string, string> = { Location: hrefOf(run) };
  if (outcome === 'replayed') headers['Idempotent-Replayed'] = 'true';
  const { id: run_id, process_type, run_key, status } = run;
  return {
    status: 202,
    body: { run_id, process_type, run_key, status, href: hrefOf(run) },
    headers,
    async afterwards() {
      if (outcome === 'created') await enqueueOrLog(requested, context);
      if (context.wait === 0) return undefined;
      const ended = await waitForRun(context.fleet.db, run, context.wait, context.isWaiting);
      if (!isOver(ended)) return undefined;
      if (ended.status === 'error') throw failed(ended);
      return { status: 200, body: ended.result, headers: { ...headers, ...waited(context) } };
    },
  };
}

async function enqueueOrLog(requested: ProcessRequest, { fleet }: Context) {
  const { run } = requested;
  await enqueueProcess(fleet.backend, requested).catch((error) => {
    if (!(error instanceof QueueUnavailable)) throw error;
    throw away('the queue does not answer; the run stands in the database and starts by itself when the queue is back', {
      run_id: run.id,
      href: hrefOf(run),
    });
  });
}

const hrefOf = (run: Run) => `/process-history/${run.id}`;
const waited = ({ wait }: Context): Record<string, string> => (wait > 0 ? { 'Preference-Applied': 'wait' } : {});

const failed = (run: Run) =>
  new Problem(500, `the run failed: ${run.error_message}`, {
    run_id: run.id,
    href: hrefOf(run),
    headers: { Location: hrefOf(run) },
  });
