import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';

const confirmation = z.object({
  id: z.int(),
  run: z.string(),
  body: z.record(z.string(), z.unknown()),
  day: z.iso.date(),
  again: z.boolean(),
  expired: z.boolean(),
  used_at: z.iso.datetime().nullable(),
  used_by: z.string().nullable(),
  run_id: z.int().nullable(),
});
export type Confirmation = z.output<typeof confirmation>;

/** Remembers what a button would do: which run of the catalog, asked on which business day. Returns its id. */
export const askConfirmation = (
  db: Sql,
  question: {
    run: string;
    body: Record<string, unknown>;
    day: string;
    again: boolean;
    askedBy: string;
    now: Date;
    seconds: number;
  },
) =>
  db.oneFirst(sql.type(z.object({ id: z.int() }))`
    insert into bot_confirmations (run, body, day, again, asked_by, expires_at)
    values (${question.run}, ${sql.jsonb(question.body as never)}, ${question.day}::date, ${question.again}, ${question.askedBy}, ${question.now.toISOString()}::timestamptz + make_interval(secs => ${question.seconds}))
    returning id`);

/** Takes a confirmation for the transaction, so that of two presses one comes first; null when there is none. */
export const lockConfirmation = (transaction: Sql, id: number, now: Date): Promise<Confirmation | null> =>
  transaction.maybeOne(sql.type(confirmation)`
    select id, run, body, day, again, expires_at <= ${now.toISOString()}::timestamptz as expired, used_at, used_by, run_id
    from bot_confirmations where id = ${id} for update`);

/** Uses a confirmation up: for a run, or, called off, for none. */
export const useConfirmation = (transaction: Sql, id: number, by: string, runId: number | null) =>
  transaction.query(sql.unsafe`
    update bot_confirmations set used_at = now(), used_by = ${by}, run_id = ${runId}::int where id = ${id} and used_at is null`);
