import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { preferredWait, waitForRun } from '../../api/http/wait.ts';
import { runs } from '../../queues/jobs/catalog.ts';
import { addDays } from '../../queues/time/calendar.ts';
import { sql } from '../../sql/database/database.ts';
import { requestRun } from '../../sql/runs/request.ts';
import { monday } from '../support/days.ts';
import { type Json, type TestApi, testApi } from '../support/front-door.ts';
import { rowCounts } from '../support/row-counts.ts';
import { studio } from '../support/studio.ts';

const PATH = '/real-trainings/generate-next-week';
const WEEK = { week_start: monday() };
const FIELDS = Object.keys(runs.generation.result.shape);

/** A route with a small studio behind it: one group of two places with three students. */
async function studioDoor(locale: string) {
  const opened = await testApi({ settings: { STUDIO_LOCALE: locale } });
  const { type, trainer, template, student, link } = studio(opened.db);
  const group = await template({ type: await type({ places: 2 }), trainer: await trainer() });
  for (const item of [await student(), await student(), await student()]) await link(group, item);
  return opened;
}

let api: TestApi;

const MESSAGES = {
  ru: /^Успешно сгенерирована 1 тренировка$/,
  uk: /^Успішно згенеровано 1 тренування$/,
  en: /^Generated 1 training$/,
};

describe.each(Object.keys(MESSAGES) as (keyof typeof MESSAGES)[])('in %s', (locale) => {
  beforeEach(async () => {
    api = await studioDoor(locale);
  });
  afterEach(() => api.close());

  test('a dry run tells what a real one then does, and writes nothing', async () => {
    // The queues enter themselves, some time after the route has opened them; that is not what is asked here.
    const rows = async () => ({ ...(await rowCounts(api.db, ['public', 'bullmq'])), 'bullmq.meta': null });
    const before: Record<string, unknown> = await rows();
    const dry = await api.post(PATH, { ...WEEK, dry_run: true });
    expect(await rows()).toEqual(before);
    expect(before['public.training_student_templates']).toBe(3);
    expect(dry.status).toBe(200);

    await api.startWorker();
    const real = await api.post(PATH, WEEK, { headers: { Prefer: 'wait=30' } });
    expect({ status: real.status, applied: real.headers.get('preference-applied') }).toEqual({ status: 200, applied: 'wait' });
    expect(Object.keys(real.body)).toEqual(FIELDS);
    expect(Object.keys(dry.body)).toEqual(FIELDS);
    expect(runs.generation.result.parse(real.body)).toMatchObject({
      created_count: 1,
      students_added: 2,
      period: { start: WEEK.week_start, end: addDays(WEEK.week_start, 6) },
      warnings: [{ reason: 'full' }],
      conflicts: [],
    });
    expect(real.body.message).toEqual(expect.stringMatching(MESSAGES[locale]));
    expect(dry.body).toEqual({
      ...real.body,
      trainings: real.body.trainings.map((training: Json) => ({ ...training, id: null })),
      warnings: real.body.warnings.map((warning: Json) => ({ ...warning, real_training_id: null })),
    });
  });
});

describe('how long', () => {
  const preferences: [string | undefined, number][] = [
    [undefined, 0],
    ['wait=5', 5],
    ['respond-async, wait=30', 30],
    ['handling=lenient; wait="7"', 7],
    ['Wait = 60', 60],
    ['wait=61', 60],
    ['wait=999999', 60],
    ['wait', 0],
    ['wait=', 0],
    ['wait=soon', 0],
    ['wait=-3', 0],
    ['await=9', 0],
  ];
  test.each(preferences)('Prefer: %s is %d seconds', (prefer, seconds) => {
    expect(preferredWait(prefer)).toBe(seconds);
  });
});

describe('waiting', () => {
  beforeEach(async () => {
    api = await testApi();
  });
  afterEach(() => api.close());
  const asked = { process_type: 'generation', run_key: 'generation:2026-W48', process_date: '2026-11-23', params: {} };

  test('ends early when nobody waits any more', async () => {
    const { run } = await requestRun(api.db, asked);
    let looks = 0;
    const stillThere = () => {
      looks += 1;
      return looks < 3;
    };
    expect(await waitForRun(api.db, run, 60, stillThere)).toMatchObject({ id: run.id, status: 'queued' });
    expect(looks).toBe(3);
  });

  test('ends with a 202 when the process drains, and the connection with it', async () => {
    const waiting = api.post(PATH, WEEK, { headers: { Prefer: 'wait=60' } });
    await api.db.oneFirst(sql.type(z.object({ n: z.int() }))`select count(*)::int as n from automated_process_history`);
    api.draining.abort();
    expect(await waiting).toMatchObject({ status: 202, body: { process_type: 'generation' } });
    expect((await api.get('/schedule')).headers.get('connection')).toBe('close');
  });
});
