import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { PROCESSES, pathOf } from '../../api/web/kit/runs.ts';
import { runJobId } from '../../queues/backend/enqueue.ts';
import { runs } from '../../queues/jobs/catalog.ts';
import type { RunDefinition } from '../../queues/jobs/run-definition.ts';
import { addDays, dayOf, mondayAfter, weekOf } from '../../queues/time/calendar.ts';
import { sql } from '../../sql/database/database.ts';
import { claimRun, failRun } from '../../sql/runs/execute.ts';
import { findRun } from '../../sql/runs/find.ts';
import { monday as nextMonday } from '../support/days.ts';
import { eventually } from '../support/eventually.ts';
import { type TestApi, testApi } from '../support/front-door.ts';
import { personOf } from '../support/people.ts';

/** The API without a worker: what is asked stays queued until a test says otherwise. */
let api: TestApi;
beforeAll(async () => {
  api = await testApi();
});
afterAll(() => api.close());

const PATH = '/real-trainings/generate-next-week';
const FIRST = nextMonday();
let weeks = 0;
/** A Monday no other test has asked for. */
function monday() {
  weeks += 1;
  return addDays(FIRST, 7 * weeks);
}
const rows = () => api.db.oneFirst(sql.type(z.object({ n: z.int() }))`select count(*)::int as n from automated_process_history`);
const runOf = (week: string) =>
  api.db.maybeOneFirst(
    sql.type(z.object({ id: z.int() }))`select id from automated_process_history where process_date = ${week}::date`,
  );
/** Ends a run as a worker would, without doing anything. */
const nothingMade = {
  ...{ message: 'done', created_count: 0, trainings: [], period: { start: '2026-01-05', end: '2026-01-11' } },
  ...{ students_added: 0, warnings: [], conflicts: [] },
};
const end = (id: number, status: string) =>
  api.db.query(sql.unsafe`
    update automated_process_history set status = ${status}, completed_at = now(), started_at = now(),
      result = ${JSON.stringify(nothingMade)}::json
    where id = ${id}`);

describe('a day to come', () => {
  const today = dayOf(new Date(), 'Europe/Moscow');
  const triggers = Object.values(runs as Record<string, RunDefinition>).flatMap(({ isOfThePast, path }) =>
    isOfThePast && path ? [path] : [],
  );

  test.each(triggers)('%s: tomorrow is refused, today is not', async (path) => {
    const before = await rows();
    const refused = await api.post(path, { date: addDays(today, 1) });
    expect(refused.status).toBe(422);
    expect(refused.body.errors).toEqual([{ path: 'date', message: `a day from ${addDays(today, -400)} to ${today}` }]);
    expect(await rows()).toBe(before);
    expect((await api.post(path, { date: today })).status).toBe(202);
  });
});

describe('a week that cannot be built (D42)', () => {
  const first = addDays(mondayAfter(dayOf(new Date(), 'Europe/Moscow')), -7);
  const last = addDays(first, 7 * 53);

  test.each([
    ['last week', addDays(first, -7)],
    ['the 54th week', addDays(last, 7)],
  ])('%s is refused with the weeks that can be, by a dry run too, and nothing is written', async (_, week_start) => {
    const jobs = () => api.fleet.backend.queue('generation').count();
    const [before, waiting] = [await rows(), await jobs()];
    for (const dry_run of [false, true]) {
      const refused = await api.post(PATH, { week_start, dry_run });
      expect(refused.status).toBe(422);
      expect(refused.body.errors).toEqual([{ path: 'week_start', message: `a Monday from ${first} to ${last}` }]);
    }
    expect(await rows()).toBe(before);
    expect(await jobs()).toBe(waiting);
  });

  test.each([
    ['the current week', first],
    ['the 53rd week', last],
  ])('%s is accepted', async (_, week_start) => {
    const { status, body } = await api.post(PATH, { week_start });
    expect(status).toBe(202);
    expect(await runOf(week_start)).toBe(body.run_id);
  });
});

describe('a request that is accepted', () => {
  test('is answered 202 with where to look', async () => {
    const { status, headers, body } = await api.post(PATH, { week_start: FIRST });
    expect(status).toBe(202);
    expect(Object.keys(body)).toEqual(['run_id', 'process_type', 'run_key', 'status', 'href']);
    expect(body).toMatchObject({ process_type: 'generation', run_key: `generation:${weekOf(FIRST)}`, status: 'queued' });
    expect(body.href).toBe(`/process-history/${body.run_id}`);
    expect(headers.get('location')).toBe(body.href);
    expect(headers.get('idempotent-replayed')).toBeNull();
    expect((await api.get(body.href)).body).toMatchObject({ id: body.run_id, process_date: FIRST, created_by: 'key-1' });
  });

  test('without a body is for the next Monday of the studio', async () => {
    const { status, body } = await api.post(PATH);
    const today = new Intl.DateTimeFormat('sv', { timeZone: api.fleet.settings.zone }).format(new Date());
    expect(status).toBe(202);
    expect((await api.get(body.href)).body.process_date).toBe(runs.generation.request({}, today).process_date);
  });

  test('carries its request id into the history row and the job', async () => {
    const { body, headers } = await api.post(PATH, { week_start: monday() }, { headers: { 'X-Request-Id': 'desk.42' } });
    expect(headers.get('x-request-id')).toBe('desk.42');
    expect(await findRun(api.db, body.run_id)).toMatchObject({ request_id: 'desk.42', api_key_used: 'key-1' });
    const job = await api.fleet.backend.queue('generation').getJob(runJobId(body.run_id, 1));
    expect(job?.data).toEqual({ run_id: body.run_id, request_id: 'desk.42' });
  });

  test.each(['two words', 'x'.repeat(101), '123456:AAAAAAAAAAAAAAAAAAAAAAAA'])('a request id %s is replaced', async (given) => {
    const { headers } = await api.get('/schedule', { headers: { 'X-Request-Id': given } });
    expect(headers.get('x-request-id')).toMatch(/^[\da-f]{8}-[\da-f-]{27}$/);
  });
});

describe('a key that was asked for before', () => {
  test('queued or running: joined, also with again', async () => {
    const asked = { week_start: monday() };
    const { body: first } = await api.post(PATH, asked);
    const before = await rows();
    expect((await api.post(PATH, asked)).body).toEqual(first);
    await claimRun(api.db, first.run_id, 'job');
    const joined = await api.post(PATH, { ...asked, again: true });
    expect(joined).toMatchObject({ status: 202, body: { run_id: first.run_id, status: 'running' } });
    expect(joined.headers.get('idempotent-replayed')).toBeNull();
    expect(await rows()).toBe(before);
  });

  test('success: replayed, with its result for who waits; again makes a new attempt', async () => {
    const asked = { week_start: monday() };
    const { body: first } = await api.post(PATH, asked);
    await end(first.run_id, 'success');
    const replayed = await api.post(PATH, asked);
    expect(replayed).toMatchObject({ status: 202, body: { run_id: first.run_id, status: 'success' } });
    expect(replayed.headers.get('idempotent-replayed')).toBe('true');
    const waited = await api.post(PATH, asked, { headers: { Prefer: 'wait=5' } });
    expect(waited).toMatchObject({ status: 200, body: { message: 'done' } });
    expect(waited.headers.get('idempotent-replayed')).toBe('true');
    const again = await api.post(PATH, { ...asked, again: true });
    expect(again.headers.get('idempotent-replayed')).toBeNull();
    expect((await api.get(again.body.href)).body).toMatchObject({ attempt: 2, status: 'queued' });
  });

  test.each(['partial', 'error'])('%s: a new attempt', async (status) => {
    const asked = { week_start: monday() };
    const { body: first } = await api.post(PATH, asked);
    await end(first.run_id, status);
    const second = await api.post(PATH, asked);
    expect(second.body.run_id).not.toBe(first.run_id);
    expect((await api.get(second.body.href)).body).toMatchObject({ attempt: 2, status: 'queued' });
  });
});

describe('Prefer: wait without a worker', () => {
  test('running out is a 202', async () => {
    const { status, headers, body } = await api.post(
      PATH,
      { week_start: monday() },
      { headers: { Prefer: 'respond-async, wait=1' } },
    );
    expect({ status, applied: headers.get('preference-applied') }).toEqual({ status: 202, applied: null });
    expect(headers.get('location')).toBe(body.href);
  });

  test('a failed run is a 500 that names it', async () => {
    const week_start = monday();
    const waiting = api.post(PATH, { week_start }, { headers: { Prefer: 'wait=20' } });
    const id = await eventually(() => runOf(week_start));
    await claimRun(api.db, id, 'job');
    await failRun(api.db, id, 'Error: the ceiling fell', true);
    const { status, headers, body } = await waiting;
    expect({ status, type: headers.get('content-type') }).toEqual({
      status: 500,
      type: expect.stringContaining('application/problem+json'),
    });
    expect(body).toMatchObject({ run_id: id, href: `/process-history/${id}`, detail: 'the run failed: Error: the ceiling fell' });
    expect(headers.get('location')).toBe(body.href);
  });
});

test('an administrator may ask for each process that pages offer them', async () => {
  const admin = await personOf(api, 'admin');
  for (const name of PROCESSES) {
    const { status } = await admin.ask('POST', String(pathOf(name)), {});
    expect([name, [200, 202].includes(status)]).toEqual([name, true]);
  }
});
