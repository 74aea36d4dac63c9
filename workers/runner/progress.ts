import { UnrecoverableError } from 'bullmq';
import { z } from 'zod';
import type { Run } from '../../sql/runs/rows.ts';

/**
 * Where a run goes on: its progress as its handler kept it, or `initial` for one that has not begun. Throws an
 * {@link UnrecoverableError} that names the field where another version kept something else: asked for again, the run begins anew.
 */
export function progressOf<P extends object>(run: Pick<Run, 'id' | 'run_key' | 'progress'>, schema: z.ZodType<P>, initial: P): P {
  if (run.progress === null) return initial;
  const kept = schema.safeParse(run.progress);
  if (kept.success) return kept.data;
  const [issue] = kept.error.issues;
  throw new UnrecoverableError(
    `the progress of run ${run.id} (${run.run_key}) is of another version: ${issue?.path.join('.')}: ${issue?.message}`,
  );
}

/** Something a run has found and lists in its details; what it must have is said here, the rest is the statement's that found it. */
export const found = <T extends { reason: string }>() =>
  z.custom<T>((given) => z.looseObject({ reason: z.string() }).safeParse(given).success, { error: 'a reason is missing' });
