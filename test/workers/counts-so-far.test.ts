import { expect, test } from '@jest/globals';
import type { Job } from 'bullmq';
import { z } from 'zod';
import { readSettings } from '../../queues/process/settings.ts';
import { sql } from '../../sql/database/database.ts';
import { claimRun } from '../../sql/runs/execute.ts';
import { requestRun } from '../../sql/runs/request.ts';
import { markPresent } from '../../workers/attendance/mark-present.ts';
import { contextOf } from '../../workers/runner/run-context.ts';
import { club } from '../subscriptions/studio.ts';
import { testDatabase } from '../support/database.ts';

const DAY = '2031-05-14';
const seen = z.object({ status: z.string(), trainings_processed: z.int(), students_processed: z.int() });

test('a run’s counts stand in its row after each chunk, and whoever watches runs hears of it', async () => {
  const { db, close } = await testDatabase();
  try {
    const make = club(db);
    for (const hour of [10, 11]) {
      const id = await make.training({ startsAt: `${DAY}T${hour}:00:00Z`, date: DAY });
      await make.register(id, await make.student());
    }
    const { run: asked } = await requestRun(db, {
      ...{ process_type: 'attendance', run_key: `attendance:${DAY}`, process_date: DAY, params: { date: DAY } },
      ...{ scheduled_for: `${DAY}T20:00:00Z`, again: true },
    });
    const run = await claimRun(db, asked.id, 'test');
    if (!run) throw new Error('the run is over');
    const row = () =>
      db.one(sql.type(seen)`
        select status, trainings_processed, students_processed from automated_process_history where id = ${run.id}`);
    const news = () =>
      db.oneFirst(sql.type(z.object({ count: z.int() }))`select count(*)::int as count from changes where topic = 'runs'`);
    expect(await row()).toEqual({ status: 'running', trainings_processed: 0, students_processed: 0 });
    const before = await news();
    const chunks: unknown[] = [];
    // Called after the chunk's transaction, before the next one.
    const job = { updateProgress: async () => void chunks.push(await row()) } as unknown as Job;
    await db.connect((connection) => {
      const settings = readSettings({}, '/nowhere/.env');
      const fleet = { settings, backend: undefined as never };
      return markPresent(run, contextOf(fleet, connection, run, job, new AbortController().signal));
    });
    const reached = { status: 'running', trainings_processed: 2, students_processed: 2 };
    expect(chunks).toEqual([reached, reached]);
    expect((await news()) - before).toBe(2);
  } finally {
    await close();
  }
});
