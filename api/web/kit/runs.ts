import { type AnswerTo, ask, type Given } from './client.ts';

export type RunSummary = AnswerTo<'GET /process-history'>['items'][number];

export const COLOURS = { queued: 'secondary', running: 'info', success: 'success', partial: 'warning', error: 'error' } as const;

/**
 * How a process is asked for, and by what name its body has the day. Each is one that an administrator may ask for: parts of others are
 * not here, nor is the export, which is the owner's.
 */
const TRIGGERS: Readonly<Record<string, { path: string; body(run: RunSummary): object }>> = {
  generation: { path: '/real-trainings/generate-next-week', body: ({ params }) => ({ week_start: params.start }) },
  daily: { path: '/real-trainings/process-daily-operations', body: ofDay },
  auto_renewal: { path: '/cron/check-auto-renewals', body: ofDay },
  auto_unfreeze: { path: '/subscriptions/auto-unfreeze', body: ofDay },
  cleanup: { path: '/cron/cleanup', body: ofDay },
  stats: { path: '/cron/stats', body: ofDay },
  backup: { path: '/cron/backup', body: () => ({}) },
  verify_backup: { path: '/cron/verify-backup', body: () => ({}) },
};
function ofDay({ process_date }: RunSummary) {
  return { date: process_date };
}

/** The processes that are asked for by hand. */
export const PROCESSES = Object.keys(TRIGGERS);
/** Where a process is asked for by hand, for its usual day; undefined where it is not. */
export const pathOf = (processType: string) => TRIGGERS[processType]?.path;

/** How to ask again for a run that failed or is incomplete, for the same day: what was done is not done twice. Null where it is not asked for by hand. */
export function retryOf(run: RunSummary): { operation: string; body: object } | null {
  const trigger = TRIGGERS[run.process_type];
  if (!trigger || (run.status !== 'error' && run.status !== 'partial')) return null;
  return { operation: `POST ${trigger.path}`, body: trigger.body(run) };
}

/** What a run counts. */
export const COUNTS = [
  'trainings_processed',
  'students_processed',
  'students_added',
  'sessions_deducted',
  'invoices_created',
  'errors_count',
] as const;

/** Seconds it took; null before it is over. */
export const secondsOf = ({ started_at, completed_at }: RunSummary): number | null =>
  started_at && completed_at ? (Date.parse(completed_at) - Date.parse(started_at)) / 1_000 : null;

type Process = NonNullable<NonNullable<Given<'GET /process-history'>['query']>['process_type']>;
/** The newest run of a process with what it did, of its latest ten that are such; null where there is none. */
export async function lastRunOf(process: Process, signal: AbortSignal, isSuch: (run: RunSummary) => boolean = () => true) {
  const { items } = await ask('GET /process-history', { query: { process_type: process, limit: '10' }, signal });
  const found = items.find(isSuch);
  return found ? ask('GET /process-history/{id}', { params: { id: String(found.id) }, signal }) : null;
}
