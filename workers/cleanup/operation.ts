import type { DatabaseTransactionConnection } from 'slonik';
import type { z } from 'zod';
import type { cleanupResult } from '../../queues/jobs/results.ts';
import type { AdminNotice } from '../../sql/notifications/notify.ts';
import type { Run } from '../../sql/runs/rows.ts';
import type { RunContext } from '../runner/run-context.ts';

export type Counts = z.output<typeof cleanupResult>;

/** A cleanup's run, its day, and what its operations work with. */
export type CleanupContext = Omit<RunContext, 'chunk'> & { run: Run; date: string };

/** Where an operation goes on: behind its last batch, or from the start (null). */
export type BatchCursor = string | number | null;
export type Batch = {
  counts: Partial<Counts>;
  after: BatchCursor;
  /** Nothing is left. */
  isLast: boolean;
};

/** What is found that makes the run `partial`. */
export type CleanupTrouble = { details: Record<string, unknown>; notices: AdminNotice[] };

/** One thing the night tidies. What it does twice has the effect of once. */
export type Operation = { name: string } & (
  | {
      /** Does the next `size` rows at most; each batch is a transaction of its own. */
      batch(
        transaction: DatabaseTransactionConnection,
        context: CleanupContext,
        after: BatchCursor,
        size: number,
      ): Promise<Batch>;
    }
  | {
      /** Does everything at once, outside of transactions. */
      act(context: CleanupContext): Promise<{ counts: Partial<Counts>; trouble?: CleanupTrouble }>;
      /** For a dry run, where `act` reaches beyond the database: counts what it would do. */
      count?(context: CleanupContext): Promise<{ counts: Partial<Counts>; trouble?: CleanupTrouble }>;
    }
);
