import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { addDays, weekOf } from '../../queues/time/calendar.ts';
import { sql } from '../../sql/database/database.ts';
import { generate } from '../../workers/generation/generate.ts';
import { backendKinds } from '../support/backends.ts';
import { monday } from '../support/days.ts';
import { registrations, studio } from '../support/studio.ts';
import { type Stage, stage } from './stage.ts';

describe.each(backendKinds)('a run on %s', (kind) => {
  let on: Stage;
  beforeAll(async () => {
    on = await stage(kind);
  });
  afterEach(() => on.dismiss());
  afterAll(() => on.close());

  test('ends with what its handler returned', async () => {
    on.worker({
      outcome: async () => ({
        status: 'partial',
        result: { message: 'built' },
        details: { conflicts: [{ reason: 'room_busy' }] },
        counts: { trainings_processed: 3, students_processed: 5, students_added: 4, errors_count: 1 },
      }),
    });
    const run = await on.ask('outcome');
    const ended = await on.over(run);
    expect(ended).toMatchObject({
      status: 'partial',
      result: { message: 'built' },
      details: { conflicts: [{ reason: 'room_busy' }] },
      trainings_processed: 3,
      students_processed: 5,
      students_added: 4,
      errors_count: 1,
      progress: null,
      error_message: null,
      interruptions: 0,
      job_id: `run-${run.id}-1`,
    });
    expect(Date.parse(ended.completed_at as string)).toBeGreaterThanOrEqual(Date.parse(ended.started_at as string));
    expect((await on.heard(run)).returnvalue).toEqual({ run_id: run.id, status: 'partial' });
  });

  test('tells every admin chat in the transaction that ends it', async () => {
    const notice = {
      template: 'run_partial' as const,
      params: { run_id: 1, run_key: 'generation:2026-W48', conflicts: [] },
      dedupe: 'told',
    };
    on.worker({ tells: async () => ({ status: 'success', result: {}, details: {}, counts: {}, notices: [notice] }) });
    const run = await on.over(await on.ask('tells'));
    const rows = await on.db.any(sql.type(z.object({ chat_id: z.int(), together: z.boolean() }))`
      select chat_id, notice.xmin = run.xmin as together
      from notifications notice, automated_process_history run where run.id = ${run.id} order by chat_id`);
    expect(rows).toEqual([
      { chat_id: 1001, together: true },
      { chat_id: 1002, together: true },
    ]);
  });

  test('builds a real week', async () => {
    const make = studio(on.db);
    const template = await make.template({ type: await make.type({ places: 1 }), trainer: await make.trainer() });
    for (const student of [await make.student(), await make.student()]) await make.link(template, student);
    on.worker({ generation: generate });
    const start = monday();
    const ended = await on.over(await on.ask('generation', `generation:${weekOf(start)}`, { start, end: addDays(start, 6) }));
    expect(ended).toMatchObject({
      status: 'success',
      trainings_processed: 1,
      students_processed: 2,
      students_added: 1,
      result: { created_count: 1, students_added: 1, warnings: [{ reason: 'full' }] },
      details: { warnings: [{ reason: 'full' }], conflicts: [], chunks: [{ templates: 1, created: 1, students_added: 1 }] },
    });
    expect(await registrations(on.db)).toMatchObject([{ template, training_date: start, status: 'REGISTERED' }]);
  });
});
