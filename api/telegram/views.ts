import { withTimeout } from '../../queues/backend/with-timeout.ts';
import { nouns } from '../../queues/jobs/catalog.ts';
import { SILENT_SECONDS } from '../../queues/timetable/run-due.ts';
import { nextTicks } from '../../queues/timetable/ticks.ts';
import { timetable } from '../../queues/timetable/timetable.ts';
import { type BackupsStand, backupsStand } from '../../sql/backups/backups.ts';
import { lastRuns, latestRuns, messagesWaiting } from '../../sql/bot/runs.ts';
import type { Locale } from '../../sql/database/locale.ts';
import { workersLastSeen } from '../../sql/schedule/beats.ts';
import { leaseHolder } from '../../sql/schedule/leases.ts';
import { latestTicks, scheduleStates } from '../../sql/schedule/schedule.ts';
import type { Words } from '../../workers/notifier/templates/bot-answers.ts';
import { routine } from '../../workers/notifier/templates/process-names.ts';
import {
  achieved,
  clockIn,
  duration,
  MARKS,
  reasonIn,
  runTitle,
  scheduleTitle,
  spoken,
} from '../../workers/notifier/templates/run-words.ts';
import { instantIn } from '../../workers/notifier/templates/wording.ts';
import { text } from '../../workers/notifier/texts/texts.ts';
import type { BotContext } from './bot-context.ts';

type View = (bot: BotContext, locale: Locale, now: Date) => Promise<Words>;
const QUEUE_PATIENCE_MS = 3_000;

/** Who answers, what waits, how the backups stand, how the last runs ended. */
const status: View = async ({ db, backend, settings }, locale, now) => {
  const [seen, scheduler, runs, states, messages, jobs, backups] = await Promise.all([
    workersLastSeen(db),
    leaseHolder(db, 'scheduler'),
    latestRuns(db, routine),
    scheduleStates(db, now),
    messagesWaiting(db),
    jobsWaiting(backend),
    backupsStand(db),
  ]);
  const answers = (noun: string) => seen.some(({ worker, seconds }) => worker === noun && seconds < SILENT_SECONDS);
  const parts = [...nouns.map((noun) => [noun, answers(noun)] as const), ['scheduler', scheduler !== null] as const];
  const silent = parts.filter(([, isUp]) => !isUp);
  const paused = timetable.filter(({ name }) => states.some((state) => state.name === name && state.paused_at));
  const troubled = runs.filter((run) => run.status === 'error');
  const isWell = silent.length === 0 && troubled.length === 0 && jobs !== null;
  const waiting = jobs?.map(([noun, count]) => `${noun} — ${count}`).join(', ') || text(locale, 'bot.status_view.nothing');
  return spoken([
    [
      `${isWell ? '🟢' : '🟠'} ${text(locale, isWell ? 'bot.status_view.well' : 'bot.status_view.unwell')}`,
      [
        parts.map(([name, isUp]) => `${isUp ? '✅' : '❌'} ${name}`).join('  '),
        ...(silent.length > 0 ? [text(locale, 'bot.status_view.silent')] : []),
        jobs === null ? text(locale, 'bot.status_view.queue_away') : text(locale, 'bot.status_view.queues', { waiting }),
        ...(messages > 0 ? [text(locale, 'bot.status_view.messages', { count: messages })] : []),
        backupLine(backups, (at) => clockIn(locale, settings.zone, at, now), locale),
        ...paused.map((schedule) =>
          text(locale, 'bot.status_view.paused', { title: scheduleTitle(locale, schedule), name: schedule.name }),
        ),
      ],
    ],
    [
      text(locale, 'bot.status_view.last'),
      runs.length === 0
        ? [text(locale, 'bot.runs_view.none')]
        : runs.map(
            (run) =>
              `${MARKS[run.status]} ${runTitle(locale, run.process_type, run.process_date)} · ${clockIn(locale, settings.zone, run.at, now)} · #${run.id}`,
          ),
    ],
  ]);
};

/** When the newest backup was made, and when one was restored to try it (R34). */
function backupLine({ finished_at, verified_at }: BackupsStand, clock: (at: string) => string, locale: Locale): string {
  if (finished_at === null) return `💾 ${text(locale, 'bot.status_view.no_backup')}`;
  const tried =
    verified_at === null
      ? text(locale, 'bot.status_view.backup_untried')
      : text(locale, 'bot.status_view.backup_tried', { when: clock(verified_at) });
  return `💾 ${text(locale, 'bot.status_view.backup', { when: clock(finished_at) })}, ${tried}`;
}

/** Jobs that wait or are being done, by queue, without the canaries; null when the queues do not answer. */
async function jobsWaiting(backend: BotContext['backend']): Promise<[string, number][] | null> {
  const counted = nouns.map(async (noun): Promise<[string, number]> => {
    const jobs = await backend.queue(noun).getJobs(['waiting', 'prioritized', 'active', 'waiting-children'], 0, 199);
    return [noun, jobs.filter((job) => job && job.name !== 'canary').length];
  });
  const all = await withTimeout(QUEUE_PATIENCE_MS, Promise.all(counted)).catch(() => null);
  return all?.filter(([, count]) => count > 0) ?? null;
}

/** The last ten runs, the newest first. */
const runs: View = async ({ db, settings }, locale, now) => {
  const rows = await lastRuns(db, routine, 10);
  const lines = rows.map((run) => {
    const at = clockIn(locale, settings.zone, run.completed_at ?? run.started_at ?? run.requested_at, now);
    const outcome = run.status === 'error' ? reasonIn(run.error_message ?? '', 120) : achieved(locale, run);
    const took =
      run.started_at && run.completed_at
        ? ` (${duration(locale, (Date.parse(run.completed_at) - Date.parse(run.started_at)) / 1_000)})`
        : '';
    return `${MARKS[run.status]} #${run.id} ${runTitle(locale, run.process_type, run.process_date)} · ${at}${took}${outcome ? `\n      ${outcome}` : ''}`;
  });
  return spoken([[text(locale, 'bot.runs_view.title'), lines.length > 0 ? lines : [text(locale, 'bot.runs_view.none')]]]);
};

/** When each schedule ticks next and how it went last. */
const schedule: View = async ({ db, settings }, locale, now) => {
  const [states, latest] = await Promise.all([scheduleStates(db, now), latestTicks(db, now)]);
  const lines = timetable.map((entry) => {
    const [next] = nextTicks(entry.pattern, settings.zone, now, 1);
    const last = latest.find((tick) => tick.schedule === entry.name);
    const isPaused = states.some((state) => state.name === entry.name && state.paused_at !== null);
    const when = isPaused
      ? text(locale, 'bot.schedule_view.paused', { name: entry.name })
      : text(locale, 'bot.schedule_view.next', {
          when: next ? instantIn({ locale, zone: settings.zone }, next.toISOString()) : '—',
        });
    const mark = last?.run_status ? MARKS[last.run_status] : '➖';
    const before = last
      ? text(locale, 'bot.schedule_view.last', { when: clockIn(locale, settings.zone, last.nominal_at, now), mark })
      : text(locale, 'bot.schedule_view.never');
    return `${isPaused ? '⏸' : '🗓'} ${scheduleTitle(locale, entry)} (${entry.name})\n      ${when}\n      ${before}`;
  });
  return spoken([[text(locale, 'bot.schedule_view.title', { zone: settings.zone }), lines]]);
};

export const views: Record<'status' | 'runs' | 'schedule', View> = { status, runs, schedule };
