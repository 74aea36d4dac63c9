import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { openBackend } from '../../queues/backend/backend.ts';
import { sql } from '../../sql/database/database.ts';
import { monday } from '../support/days.ts';
import { eventually } from '../support/eventually.ts';
import { type TestApi, testApi } from '../support/front-door.ts';
import { type Gate, openGate } from '../support/gate.ts';

const TRIGGER = '/real-trainings/generate-next-week';
let api: TestApi;

// Those who are away are asked for a time that is bounded; else they would be waited for for ever, and no answer would come.
const [WEEK, NEXT] = [monday(), monday(1)];

describe('the queue is away', () => {
  beforeAll(async () => {
    const backend = (databaseUrl: string) => openBackend({ redisUrl: 'redis://127.0.0.1:1', databaseUrl, name: 'test' });
    api = await testApi({ backend });
  });
  afterAll(() => api.close());
  const book = () =>
    api.db.any(
      sql.type(z.object({ id: z.int(), status: z.string() }))`select id, status from automated_process_history order by id`,
    );

  test('a trigger says so, names the run, and the run stands in the database', async () => {
    const { status, headers, body } = await api.post(TRIGGER, { week_start: WEEK });
    expect({ status, type: headers.get('content-type') }).toEqual({
      status: 503,
      type: expect.stringContaining('application/problem+json'),
    });
    expect(headers.get('retry-after')).toBe('5');
    expect(body.detail).toMatch(/^the queue does not answer; the run stands in the database/);
    expect(await book()).toEqual([{ id: body.run_id, status: 'queued' }]);
    expect(await api.post(TRIGGER, { week_start: WEEK })).toMatchObject({ status: 202, body: { run_id: body.run_id } });
  });

  test('with an Idempotency-Key the repeat finds the run', async () => {
    const key = { headers: { 'Idempotency-Key': 'k' } };
    const first = await api.post(TRIGGER, { week_start: NEXT }, key);
    expect(first.status).toBe(503);
    expect(await api.post(TRIGGER, { week_start: NEXT }, key)).toMatchObject({
      status: 202,
      body: { run_id: first.body.run_id },
    });
    expect(await book()).toHaveLength(2);
  });

  test('a dry run, the records and the history do not need it', async () => {
    expect((await api.post(TRIGGER, { dry_run: true })).status).toBe(200);
    expect((await api.get('/api/students')).status).toBe(200);
    expect((await api.get('/process-history')).status).toBe(200);
  });

  test('the figures are served all the same, and say which queue is away', async () => {
    const { status, text } = await api.get('/metrics');
    expect(status).toBe(200);
    expect(text).toContain('fleet_queue_up{queue="generation"} 0');
    expect(text).toContain('fleet_runs{process="generation",status="queued"} 2');
  });
});

describe('the database is away', () => {
  let gate: Gate;
  beforeAll(async () => {
    const via = async (databaseUrl: string) => {
      gate = await openGate(databaseUrl);
      return gate.url;
    };
    api = await testApi({ via });
  });
  afterAll(() => api.close());

  test('every route says so without detail, and goes on by itself when it is back', async () => {
    expect((await api.get('/process-history')).status).toBe(200);
    await gate.shut();
    for (const asked of [
      () => api.get('/process-history'),
      () => api.post(TRIGGER, {}),
      () => api.post('/api/locations', { name: 'А' }),
      () => api.get('/metrics'),
    ]) {
      const { status, headers, body } = await asked();
      expect(status).toBe(503);
      expect(headers.get('content-type')).toContain('application/problem+json');
      expect(headers.get('retry-after')).toBe('5');
      expect(body.detail).toBe('the database does not answer');
    }
    expect((await api.get('/health/live')).status).toBe(200);
    await gate.open();
    await eventually(async () => (await api.get('/process-history')).status === 200);
    expect((await api.post('/api/locations', { name: 'А' })).status).toBe(201);
    await gate.shut();
  });
});
