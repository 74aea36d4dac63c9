import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { enqueue } from '../../queues/backend/enqueue.ts';
import { nouns } from '../../queues/jobs/catalog.ts';
import { sql } from '../../sql/database/database.ts';
import { notifyAdmins } from '../../sql/notifications/notify.ts';
import { noteHeartbeat } from '../../sql/schedule/beats.ts';
import { type TestApi, testApi } from '../support/front-door.ts';

let api: TestApi;
beforeAll(async () => {
  api = await testApi();
  await api.db.query(sql.unsafe`
    insert into automated_process_history (process_type, run_key, process_date, status, completed_at)
    values ('generation', 'a', '2026-11-23', 'success', '2026-11-22T18:00:00Z'), ('generation', 'b', '2026-11-30', 'error', now()),
      ('generation', 'c', '2026-12-07', 'success', '2026-11-15T18:00:00Z')`);
  await api.db.query(sql.unsafe`
    insert into schedule_ticks (schedule, nominal_at, outcome, reason, alarmed_at)
    values ('generation', now(), 'enqueued', null, now()), ('generation', now() - interval '1 day', 'skipped', 'paused', now())`);
  await notifyAdmins(api.db, [1, 2], [{ template: 'worker_down', params: { worker: 'finance', seconds: 60 }, dedupe: 'x' }]);
  await noteHeartbeat(api.db, 'generation', 'host');
  await enqueue(api.fleet.backend, 'notifier', 'drain', {}, { id: 'drain' });
});
afterAll(() => api.close());

const LINE = /^[a-z_][a-z_0-9]*(\{[a-z_]+="[^"\n]*"(,[a-z_]+="[^"\n]*")*\})? [-+\d.e]+(Inf|NaN)?$/;

test('Prometheus reads the runs, ticks, messages, workers and queues', async () => {
  await api.get('/schedule');
  const { status, headers, text } = await api.get('/metrics');
  expect(status).toBe(200);
  expect(headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
  const figures = text.split('\n').filter((line) => line && !line.startsWith('#'));
  for (const line of figures) expect(line).toMatch(LINE);
  expect(figures).toEqual(
    expect.arrayContaining([
      'fleet_runs{process="generation",status="success"} 2',
      'fleet_runs{process="generation",status="error"} 1',
      `fleet_last_success_timestamp_seconds{process="generation"} ${Date.parse('2026-11-22T18:00:00Z') / 1_000}`,
      'fleet_ticks{schedule="generation",outcome="enqueued"} 1',
      'fleet_ticks{schedule="generation",outcome="skipped"} 1',
      'fleet_missed_deadlines{schedule="generation"} 2',
      'fleet_notifications{status="pending"} 2',
      'fleet_queue_jobs{queue="notifier",state="waiting"} 1',
      'fleet_queue_jobs{queue="generation",state="waiting"} 0',
      ...nouns.map((queue) => `fleet_queue_up{queue="${queue}"} 1`),
    ]),
  );
  expect(text).toMatch(/^fleet_worker_silence_seconds\{worker="generation"\} \d/m);
  expect(text).toMatch(/^http_request_duration_seconds_count\{method="GET",status="200"\} [1-9]/m);
  expect(text).toMatch(/^process_resident_memory_bytes \d/m);
});

test('two scrapes at once count nothing twice', async () => {
  const scrapes = await Promise.all(Array.from({ length: 4 }, () => api.get('/metrics')));
  for (const { text } of scrapes) expect(text).toContain('fleet_missed_deadlines{schedule="generation"} 2\n');
});

test('the studio’s figures are those of the newest day, and of its month until then; without figures there are none', async () => {
  const FIGURE = /^fleet_(active_students|average_attendance|month_\w+) .*$/gm;
  expect((await api.get('/metrics')).text.match(FIGURE)).toBeNull();
  const day = (date: string, active: number, held: number, present: number, received: number, joined: number) => sql.unsafe`
    insert into daily_figures (day, active_students, trainings_held, trainings_cancelled, present, absent, received_minor, payments_cancelled_minor,
      refunded_minor, invoiced_minor, invoices_cancelled_minor, new_registrations)
    values (${date}, ${active}, ${held}, 0, ${present}, 0, ${received}, 100, 50, 0, 0, ${joined})`;
  await api.db.query(day('2024-02-29', 90, 9, 99, 99_999, 9));
  await api.db.query(day('2024-03-01', 41, 2, 9, 1_000, 2));
  expect((await api.get('/metrics')).text.match(FIGURE)).toEqual([
    'fleet_active_students 41',
    'fleet_average_attendance 4.5',
    'fleet_month_revenue_minor 850',
    'fleet_month_new_registrations 2',
  ]);
  await api.db.query(day('2024-03-02', 42, 0, 0, 150, 1));
  expect((await api.get('/metrics')).text.match(FIGURE)).toEqual([
    'fleet_active_students 42',
    'fleet_average_attendance 4.5',
    'fleet_month_revenue_minor 850',
    'fleet_month_new_registrations 3',
  ]);
});
