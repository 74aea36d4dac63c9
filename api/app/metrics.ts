import type { RequestHandler } from 'express';
import { collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { withTimeout } from '../../queues/backend/backend.ts';
import { type Noun, nouns } from '../../queues/jobs/catalog.ts';
import type { Fleet } from '../../queues/process/fleet.ts';
import { spaceOf } from '../../queues/timetable/backup-watch.ts';
import { backupsStand } from '../../sql/backups/backups.ts';
import { alertFigures, messageFigures, runFigures, tickFigures } from '../../sql/metrics/figures.ts';
import { studioFigures } from '../../sql/metrics/studio.ts';
import { workersLastSeen } from '../../sql/schedule/beats.ts';

/** Everything `GET /metrics` tells: this process, its requests, and the fleet as the database and the queues show it when asked. */
export function createMetrics({ db, backend, settings }: Pick<Fleet, 'db' | 'backend' | 'settings'>) {
  const register = new Registry();
  collectDefaultMetrics({ register });
  const registers = [register];
  const gauge = (name: string, help: string, labelNames: string[]) =>
    new Gauge({ name: `fleet_${name}`, help, labelNames, registers });
  const runs = gauge('runs', 'Runs in the history', ['process', 'status']);
  const lastSuccess = gauge('last_success_timestamp_seconds', 'When a process last succeeded', ['process']);
  const messages = gauge('notifications', 'Messages in the outbox', ['status']);
  const ticks = gauge('ticks', 'Decided ticks of the timetable', ['schedule', 'outcome']);
  const alarms = gauge('missed_deadlines', 'Ticks whose deadline passed without a success', ['schedule']);
  const conditions = gauge('open_alerts', 'Alarms of the fleet that are not over', ['condition']);
  const silence = gauge('worker_silence_seconds', 'Since a worker last consumed a canary', ['worker']);
  const jobs = gauge('queue_jobs', 'Jobs in a queue', ['queue', 'state']);
  const up = gauge('queue_up', 'Whether a queue answers', ['queue']);
  const backup = gauge('backup_timestamp_seconds', 'When the newest backup was completed, and the newest one verified', [
    'state',
  ]);
  const backupBytes = gauge('backup_bytes', 'Size of the newest complete backup', []);
  const disk = gauge('disk_free_ratio', 'What is free of the disk of a folder', ['folder']);
  const students = gauge('active_students', 'Active students on the newest day of figures', []);
  const attendance = gauge('average_attendance', 'Students present for each training held, this month', []);
  const revenue = gauge('month_revenue_minor', 'Received this month less refunds and what was cancelled, in minor units', []);
  const registrations = gauge('month_new_registrations', 'Students who registered this month', []);
  const seconds = new Histogram({
    name: 'http_request_duration_seconds',
    help: 'Time to answer',
    labelNames: ['method', 'status'],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60],
    registers,
  });

  async function collect() {
    for (const collected of [runs, lastSuccess, messages, ticks, alarms, conditions, silence, jobs, backup, disk])
      collected.reset();
    for (const row of await runFigures(db)) {
      runs.set({ process: row.process_type, status: row.status }, row.runs);
      if (row.last_success) lastSuccess.set({ process: row.process_type }, row.last_success);
    }
    for (const row of await messageFigures(db)) messages.set({ status: row.status }, row.messages);
    for (const row of await tickFigures(db)) {
      ticks.set({ schedule: row.schedule, outcome: row.outcome }, row.ticks);
      alarms.inc({ schedule: row.schedule }, row.alarms);
    }
    for (const row of await alertFigures(db)) conditions.set({ condition: row.condition }, row.open);
    for (const row of await workersLastSeen(db)) silence.set({ worker: row.worker }, row.seconds);
    await measureBackups();
    await measureStudio();
    await Promise.all(nouns.map(countJobs));
  }

  /** As the nightly figures have it: the month is that of the newest day. What is not known is left out. */
  async function measureStudio() {
    const figures = await studioFigures(db);
    for (const unknown of [students, attendance, revenue, registrations]) unknown.remove();
    if (!figures) return;
    students.set(figures.active_students);
    if (figures.attendance !== null) attendance.set(figures.attendance);
    revenue.set(figures.revenue_minor);
    registrations.set(figures.new_registrations);
  }

  /** Without a backup there is no figure of it. */
  async function measureBackups() {
    const { finished_at, verified_at, bytes } = await backupsStand(db);
    if (finished_at !== null) backup.set({ state: 'completed' }, Date.parse(finished_at) / 1_000);
    if (verified_at !== null) backup.set({ state: 'verified' }, Date.parse(verified_at) / 1_000);
    if (bytes !== null) backupBytes.set(bytes);
    for (const [folder, path] of [['data', settings.dataDir] as const, ['backups', settings.backupDir] as const]) {
      const space = await spaceOf(path);
      if (space) disk.set({ folder }, space.percent / 100);
    }
  }

  /** A queue that is away leaves the other figures alone: now is when they are needed. */
  async function countJobs(queue: Noun) {
    const counts = await withTimeout(2_000, backend.queue(queue).getJobCounts()).catch(() => undefined);
    up.set({ queue }, counts ? 1 : 0);
    for (const [state, count] of Object.entries(counts ?? {})) jobs.set({ queue, state }, count);
  }

  /** Times every request. */
  const timing: RequestHandler = (request, response, next) => {
    const end = seconds.startTimer({ method: request.method });
    response.once('finish', () => end({ status: response.statusCode }));
    next();
  };
  let collecting: Promise<void> | undefined;
  const show: RequestHandler = async (_request, response) => {
    // Two scrapes at once share one look: each would reset what the other has just counted.
    collecting ??= collect().finally(() => (collecting = undefined));
    await collecting;
    response.type(register.contentType).send(await register.metrics());
  };
  return { timing, show };
}
