import type { Backend } from '../../queues/backend/backend.ts';
import { kept } from '../../queues/backend/bullmq.ts';
import { withTimeout } from '../../queues/backend/with-timeout.ts';
import { nouns } from '../../queues/jobs/catalog.ts';
import { startOfDay } from '../../queues/time/calendar.ts';
import { deleteOldRuns } from '../../sql/cleanup/history.ts';
import {
  type Deleted,
  deleteOldAlerts,
  deleteOldAnswers,
  deleteOldChanges,
  deleteOldConfirmations,
  deleteOldFailures,
  deleteOldImports,
  deleteOldInitData,
  deleteOldLinks,
  deleteOldLogged,
  deleteOldMessages,
  deleteOldRegistrations,
  deleteOldRequests,
  deleteOldRightsChanges,
  deleteOldSessions,
  deleteOldSignInLinks,
  deleteOldTicks,
  deleteOldUndos,
  deleteOldUpdates,
  type Old,
} from '../../sql/cleanup/retention.ts';
import type { Sql } from '../../sql/database/database.ts';
import { forgetOldParts } from '../../sql/exports/parts.ts';
import { forgetChanges } from '../../sql/live/changes.ts';
import { hideDoneTasks } from '../../sql/tasks/tasks.ts';
import { hideVendingTasks } from '../../sql/vending/tasks.ts';
import { KEPT_HOURS } from '../exports/kept.ts';
import { auditNight } from './audit.ts';
import { askThoseOfAge } from './coming-of-age.ts';
import { completePast } from './complete-bookings.ts';
import { expire } from './expire.ts';
import { announceExpiringKeys } from './expiring-keys.ts';
import { askForNextCalendar } from './next-calendar.ts';
import type { Counts, Operation } from './operation.ts';
import { noteOverlookedTrainings } from './overlooked.ts';
import { keptSince } from './policy.ts';

/** Deletes what is older than the retention, of a table. */
const retention = (
  name: string,
  count: keyof Counts,
  deleteOld: (transaction: Sql, old: Old, zone: string) => Promise<Deleted>,
): Operation => ({
  name,
  async batch(transaction, { date, now, settings }, after, size) {
    const before = keptSince(date, settings.retentionDays, settings.zone, now);
    const deleted = await deleteOld(transaction, { before, after: after as string | null, size }, settings.zone);
    return { counts: { [count]: deleted.rows }, after: deleted.after, isLast: deleted.rows < size };
  },
});

/** Deletes what of signing in is over now: it opens nothing any more, so nothing is kept of it. */
const over = (name: string, deleteOld: (transaction: Sql, old: Old) => Promise<Deleted>): Operation => ({
  name,
  async batch(transaction, { now }, after, size) {
    const deleted = await deleteOld(transaction, { before: now.toISOString(), after: after as string | null, size });
    return { counts: { sign_in_rows_deleted: deleted.rows }, after: deleted.after, isLast: deleted.rows < size };
  },
});

/** What was told to open pages; the newest hour stays, for those who come back. Nobody counts it. */
const forgetOldChanges: Operation = {
  name: 'changes',
  async batch(transaction, _night, after, size) {
    const gone = await forgetChanges(transaction, { after: after as number | null, size });
    return { counts: {}, after: gone.after, isLast: gone.rows < size };
  },
};

/** Spreadsheets that were shown and whose time is over, confirmed or not (R25). Nobody counts them. */
const forgetPreviews: Operation = {
  name: 'imports',
  async batch(transaction, { now }, after, size) {
    const gone = await deleteOldImports(transaction, { before: now.toISOString(), after: after as string | null, size });
    return { counts: {}, after: gone.after, isLast: gone.rows < size };
  },
};

/** Files of everything that were made more than a day ago. Nobody counts them. */
const forgetExports: Operation = {
  name: 'export_parts',
  async batch(transaction, { now }) {
    await forgetOldParts(transaction, new Date(now.getTime() - KEPT_HOURS * 3_600_000).toISOString());
    return { counts: {}, after: null, isLast: true };
  },
};

/** Tasks that were done before the day began leave the lists. */
const hideTasks: Operation = {
  name: 'tasks',
  async batch(transaction, { date, settings }, _, size) {
    const hidden = await hideDoneTasks(transaction, startOfDay(date, settings.zone), size);
    return { counts: { tasks_hidden: hidden }, after: null, isLast: hidden < size };
  },
};

/** The same of restock tasks (V27). */
const hideRestockTasks: Operation = {
  name: 'vending_tasks',
  async batch(transaction, { date, settings }, _, size) {
    const hidden = await hideVendingTasks(transaction, startOfDay(date, settings.zone), size);
    return { counts: { tasks_hidden: hidden }, after: null, isLast: hidden < size };
  },
};

/** Jobs a call; each call is one script of Redis, or one statement. */
const JOBS = 1_000;
const PATIENCE_MS = 10_000;

/**
 * Finished jobs that are older than their queue keeps them. BullMQ looks when the next job of a queue finishes; a queue
 * that is seldom used would keep them for ever.
 */
const forgetJobs: Operation = {
  name: 'jobs',
  async act({ backend }) {
    let jobs_deleted = 0;
    for (const { queue, state, ageMs } of finishedJobs(backend)) {
      let gone: string[];
      do {
        gone = await withTimeout(PATIENCE_MS, queue.clean(ageMs, JOBS, state));
        jobs_deleted += gone.length;
      } while (gone.length === JOBS);
    }
    return { counts: { jobs_deleted } };
  },
  async count({ backend }) {
    let jobs_deleted = 0;
    for (const { queue, state, ageMs } of finishedJobs(backend)) {
      const before = Date.now() - ageMs;
      for (let from = 0, isLast = false; !isLast; from += JOBS) {
        const jobs = await withTimeout(PATIENCE_MS, queue.getJobs([state], from, from + JOBS - 1, true));
        const old = jobs.filter(({ finishedOn = Number.POSITIVE_INFINITY }) => finishedOn <= before).length;
        jobs_deleted += old;
        isLast = old < JOBS;
      }
    }
    return { counts: { jobs_deleted } };
  },
};

/** Every queue's finished and failed jobs, and how long they are kept. */
const finishedJobs = (backend: Backend) =>
  nouns.flatMap((noun) => [
    { queue: backend.queue(noun), state: 'completed' as const, ageMs: kept.removeOnComplete.age * 1_000 },
    { queue: backend.queue(noun), state: 'failed' as const, ageMs: kept.removeOnFail.age * 1_000 },
  ]);

/** Everything the night tidies, in this order. */
export const operations: readonly Operation[] = [
  expire,
  noteOverlookedTrainings,
  completePast,
  askForNextCalendar,
  askThoseOfAge,
  hideTasks,
  hideRestockTasks,
  retention('idempotency_keys', 'idempotency_keys_deleted', deleteOldAnswers),
  retention('schedule_ticks', 'schedule_ticks_deleted', deleteOldTicks),
  retention('notifications', 'notifications_deleted', deleteOldMessages),
  retention('finance_requests', 'finance_requests_deleted', deleteOldRequests),
  retention('undos', 'finance_requests_deleted', deleteOldUndos),
  retention('history', 'runs_deleted', deleteOldRuns),
  retention('schedule_changes', 'schedule_changes_deleted', deleteOldChanges),
  retention('alerts', 'alerts_deleted', deleteOldAlerts),
  retention('changes_log', 'changes_deleted', deleteOldLogged),
  retention('bot_updates', 'bot_rows_deleted', deleteOldUpdates),
  retention('telegram_links', 'bot_rows_deleted', deleteOldLinks),
  retention('rights_changes', 'bot_rows_deleted', deleteOldRightsChanges),
  retention('bot_confirmations', 'bot_rows_deleted', deleteOldConfirmations),
  over('sessions', deleteOldSessions),
  over('sign_in_links', deleteOldSignInLinks),
  over('sign_in_failures', deleteOldFailures),
  over('used_init_data', deleteOldInitData),
  over('registrations', deleteOldRegistrations),
  forgetPreviews,
  forgetExports,
  forgetOldChanges,
  forgetJobs,
  announceExpiringKeys,
  auditNight,
];
