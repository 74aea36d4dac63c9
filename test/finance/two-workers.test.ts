import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { enqueueRun } from '../../queues/backend/enqueue.ts';
import { runs } from '../../queues/jobs/catalog.ts';
import { addDays } from '../../queues/time/calendar.ts';
import { auditBooks } from '../../sql/audit/audit.ts';
import { sql } from '../../sql/database/database.ts';
import { findRun } from '../../sql/runs/find.ts';
import { isOver, type Run } from '../../sql/runs/rows.ts';
import { chargeNight } from '../../workers/finance/charge-night.ts';
import { startWorker } from '../../workers/runner/run.ts';
import { eventually } from '../support/eventually.ts';
import { nightShift, register, trainingIn } from './night.ts';

let shift: Awaited<ReturnType<typeof nightShift>>;
beforeAll(async () => {
  shift = await nightShift();
});
afterAll(() => shift.close());

test('two runs over two workers take their turns, and charge each registration once', async () => {
  const { api, make } = shift;
  const other = startWorker(api.fleet, 'finance', { runs: { finance: chargeNight } }, new AbortController().signal);
  try {
    const trainings = [await trainingIn(shift, 3), await trainingIn(shift, 5)];
    for (let n = 0; n < 20; n += 1) {
      const student = await make.student();
      await make.subscription({ student, from: '2020-01-01', to: '2099-01-01', left: 1 });
      await api.post(`/api/students/${student}/payments`, { amount_minor: 70_000 });
      for (const training of trainings) await register(api, training.id, student);
    }
    const date = trainings[1]?.training_date as string;
    const ask = async (day: string) => {
      const request = { ...runs.finance.request({ date: day }, day), process_type: 'finance' };
      return (await enqueueRun(api.db, api.fleet.backend, request)).run;
    };
    const over = (run: Run) =>
      eventually(async () => {
        const row = await findRun(api.db, run.id);
        return row && isOver(row) ? row : null;
      });
    const ended = await Promise.all((await Promise.all([ask(date), ask(addDays(date, 1))])).map(over));
    expect(ended.map((run) => [run.status, run.interruptions])).toEqual([
      ['success', 0],
      ['success', 0],
    ]);
    const [first, second] = ended.toSorted((a, b) => String(a.started_at).localeCompare(String(b.started_at)));
    expect(String(first?.completed_at) <= String(second?.started_at)).toBe(true);
    expect([first?.result, second?.result]).toEqual([
      { trainings_processed: 2, invoices_created: 20, sessions_deducted: 20, auto_payments: 20 },
      { trainings_processed: 0, invoices_created: 0, sessions_deducted: 0, auto_payments: 0 },
    ]);
    expect(await api.db.anyFirst(sql.unsafe`select distinct sessions_left from student_subscriptions`)).toEqual([0]);
    expect(await api.db.anyFirst(sql.unsafe`select distinct balance_minor from wallets`)).toEqual([0]);
    expect(await auditBooks(api.db, addDays(date, 1))).toEqual([]);
  } finally {
    await other.close();
  }
});
