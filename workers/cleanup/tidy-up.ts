import { z } from 'zod';
import { runs } from '../../queues/jobs/catalog.ts';
import { cleanupResult } from '../../queues/jobs/results.ts';
import { scrub } from '../../queues/log/log.ts';
import { isOutage } from '../../sql/database/outage.ts';
import type { AdminNotice } from '../../sql/notifications/notify.ts';
import type { Run } from '../../sql/runs/rows.ts';
import { isGivenUp } from '../runner/dry-run.ts';
import type { RunHandler } from '../runner/execute.ts';
import { progressOf } from '../runner/progress.ts';
import { HandedBack, type RunContext } from '../runner/run-context.ts';
import type { CleanupContext, CleanupTrouble, Counts, Operation } from './operation.ts';
import { firstSize, nextSize } from './policy.ts';

/** How far a cleanup has come: what is done, and where the operation in hand goes on. */
const progress = z.object({
  done: z.array(z.string()),
  in_hand: z.string().nullable(),
  after: z.union([z.string(), z.int(), z.null()]),
  counts: cleanupResult,
});
type Progress = z.output<typeof progress>;

const nothing = Object.fromEntries(Object.keys(cleanupResult.shape).map((kind) => [kind, 0])) as Counts;
const start: Progress = { done: [], in_hand: null, after: null, counts: nothing };

type Failure = { operation: string; error: string };

/**
 * Goes through the operations one by one. One that fails does not stop the others: it is named in `details.failures`, the
 * run ends `partial`, and the next night tries again. When all fail, the run does.
 */
export const tidyUp =
  (operations: readonly Operation[]): RunHandler =>
  async (run, runContext) => {
    const context = contextOf(run, runContext);
    const failures: Failure[] = [];
    const troubles: CleanupTrouble[] = [];
    let reached = progressOf(run, progress, start);
    for (const operation of operations.filter(({ name }) => !reached.done.includes(name))) {
      try {
        if ('act' in operation) {
          const { counts, trouble } = await (context.isDry && operation.count
            ? operation.count(context)
            : operation.act(context));
          reached = { ...reached, counts: sum(reached.counts, counts) };
          if (trouble) troubles.push(trouble);
        } else {
          await batches(operation, context, reached, runContext.chunk, (after) => (reached = after));
        }
      } catch (error) {
        if (error instanceof HandedBack || isOutage(error) || (context.isDry && isGivenUp(error))) throw error;
        failures.push({ operation: operation.name, error: firstLineOf(error) });
      }
    }
    if (failures.length === operations.length) {
      throw new Error(`nothing was tidied up: ${failures.map(({ operation, error }) => `${operation}: ${error}`).join('; ')}`);
    }
    return {
      status: failures.length + troubles.length > 0 ? 'partial' : 'success',
      result: reached.counts,
      details: Object.assign({ failures }, ...troubles.map(({ details }) => details)),
      counts: { errors_count: failures.length + troubles.length },
      notices: [...(failures.length > 0 ? [failedNotice(run, failures)] : []), ...troubles.flatMap(({ notices }) => notices)],
    };
  };

/** Does an operation batch by batch, each a chunk of the run, until one is the last; their size follows the time they take. */
async function batches(
  operation: Extract<Operation, { batch: unknown }>,
  context: CleanupContext,
  from: Progress,
  chunk: RunContext['chunk'],
  note: (reached: Progress) => void,
) {
  let reached: Progress = from.in_hand === operation.name ? from : { ...from, in_hand: operation.name, after: null };
  for (let size = firstSize; reached.in_hand === operation.name; ) {
    const started = performance.now();
    reached = await chunk(async (transaction) => {
      const { counts, after, isLast } = await operation.batch(transaction, context, reached.after, size);
      return isLast
        ? { done: [...reached.done, operation.name], in_hand: null, after: null, counts: sum(reached.counts, counts) }
        : { ...reached, after, counts: sum(reached.counts, counts) };
    });
    note(reached);
    size = nextSize(size, performance.now() - started);
  }
}

const contextOf = (run: Run, { chunk: _, ...context }: RunContext): CleanupContext => ({
  ...context,
  run,
  date: runs.cleanup.params.parse(run.params).date,
});

const sum = (counts: Counts, more: Partial<Counts>): Counts =>
  Object.fromEntries(Object.entries(counts).map(([kind, count]) => [kind, count + (more[kind as keyof Counts] ?? 0)])) as Counts;

/** The error and, where the database says more than the library, its cause; the first line of each. */
function firstLineOf(error: unknown): string {
  const causes = error instanceof Error && error.cause instanceof Error ? [error, error.cause.message] : [error];
  return scrub(causes.map((cause) => String(cause).split('\n', 1)[0]).join(': ')).slice(0, 500);
}

const failedNotice = (run: Run, failures: Failure[]): AdminNotice => ({
  template: 'cleanup_partial',
  dedupe: `cleanup_partial:${run.id}`,
  params: { run_id: run.id, run_key: run.run_key, failures },
});
