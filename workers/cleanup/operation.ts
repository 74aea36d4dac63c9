import type { DatabaseTransactionConnection } from 'slonik';
import type { z } from 'zod';
import type { cleanupResult } from '../../queues/jobs/results.ts';
import type { AdminNotice } from '../../sql/notifications/notify.ts';
import type { Run } from '../../sql/runs/rows.ts';
import type { RunContext } from '../runner/run-context.ts';

export type Counts = z.output<typeof cleanupResult>;

/** The night a cleanup is for. */
export type Night = Omit<RunContext, 'chunk'> & { run: Run; date: string };

/** Where an operation goes on: behind its last batch, or from the start (null). */
export type Cursor = string | number | null;
export type Batch = {
  counts: Partial<Counts>;
  after: Cursor;
  /** Nothing is left. */
  isLast: boolean;
};

/** Something found that makes the run `partial`. */
export type Trouble = { details: Record<string, unknown>; notices: AdminNotice[] };

/** One thing the night tidies. What it does twice has the effect of once. */
export type Operation = { name: string } & (
  | {
      /** Does the next `size` rows at most; each batch is a transaction of its own. */
      batch(transaction: DatabaseTransactionConnection, night: Night, after: Cursor, size: number): Promise<Batch>;
    }
  | {
      /** Does everything at once, outside of transactions. */
      act(night: Night): Promise<{ counts: Partial<Counts>; trouble?: Trouble }>;
      /** For a dry run, where `act` reaches beyond the database: counts what it would do. */
      count?(night: Night): Promise<{ counts: Partial<Counts>; trouble?: Trouble }>;
    }
);
