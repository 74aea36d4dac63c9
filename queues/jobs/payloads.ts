import { z } from 'zod';

/** What asked for a job, as W3C's `traceparent`. A job that was lost and is enqueued again has none. */
const trace = z.string().optional();

/** The jobs: what a queue job may say. None carries a fact; the facts are rows. */
export const jobPayloads = {
  /** Look at a run in the database. */
  run: z.object({ run_id: z.int(), request_id: z.string().optional(), trace }),
  /** Prove that this queue is consumed. */
  canary: z.object({ rung_at: z.iso.datetime() }),
  /** Look at a request that somebody waits for. */
  request: z.object({ finance_request_id: z.int(), request_id: z.string().optional(), trace }),
  /** There is something to do in the worker's own list: messages to send, days of slots to calculate. */
  drain: z.object({}),
};
export type JobName = keyof typeof jobPayloads;
export type JobPayload<N extends JobName> = z.output<(typeof jobPayloads)[N]>;
