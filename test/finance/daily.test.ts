import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { UnrecoverableError } from 'bullmq';
import { z } from 'zod';
import { addDays, dayOf } from '../../queues/time/calendar.ts';
import { sql } from '../../sql/database/database.ts';
import { markPresent } from '../../workers/attendance/mark-present.ts';
import { nightShift, register, trainingIn } from './night.ts';

const DAILY = '/real-trainings/process-daily-operations';
let shift: Awaited<ReturnType<typeof nightShift>>;
let attendanceFails = false;

beforeAll(async () => {
  shift = await nightShift(async (run, context) => {
    if (attendanceFails) throw new UnrecoverableError('no attendance today');
    return markPresent(run, context);
  });
});
afterAll(() => shift.close());

const statuses = (training: number) =>
  shift.api.db.any(sql.type(z.object({ student_id: z.int(), status: z.string(), session: z.boolean(), invoice: z.boolean() }))`
    select student_id, status, session_entry_id is not null as session, invoice_id is not null as invoice
    from real_training_students where real_training_id = ${training} order by student_id`);

test('the night marks today, charges tomorrow, and answers in the shape of its source', async () => {
  const { api, make } = shift;
  const date = dayOf(new Date(), 'Europe/Moscow');
  const [past, next] = [await trainingIn(shift, -30), await trainingIn(shift, -1)];
  const later = await trainingIn(shift, 24 * 9);
  const [holder, payer, absent] = [await make.student(), await make.student(), await make.student()];
  await make.subscription({ student: holder, from: addDays(date, -5), to: addDays(date, 5), left: 2 });
  await api.post(`/api/students/${payer}/payments`, { amount_minor: 70_000 });
  for (const training of [past, next, later]) for (const student of [holder, payer]) await register(api, training.id, student);
  await register(api, past.id, absent);
  await api.db.query(sql.unsafe`update real_training_students set status = 'ABSENT' where student_id = ${absent}`);

  const { status, body } = await api.post(DAILY, { date }, { headers: { Prefer: 'wait=20' } });
  expect({ status, body }).toEqual({
    status: 200,
    body: {
      timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$/),
      attendance_processing: { trainings_processed: 2, students_marked_present: 4, sessions_deducted: 0 },
      finance_processing: { trainings_processed: 2, invoices_created: 3, sessions_deducted: 2, auto_payments: 1 },
      message: 'Ежедневный процессинг завершен',
    },
  });
  expect(Object.keys(body)).toEqual(['timestamp', 'attendance_processing', 'finance_processing', 'message']);
  expect(await statuses(past.id)).toEqual([
    { student_id: holder, status: 'PRESENT', session: true, invoice: false },
    { student_id: payer, status: 'PRESENT', session: false, invoice: true },
    { student_id: absent, status: 'ABSENT', session: false, invoice: true },
  ]);
  expect((await statuses(later.id)).map((seat) => seat.status)).toEqual(['REGISTERED', 'REGISTERED']);

  const history = (await api.get('/process-history')).body.items.map((run: { run_key: string; status: string }) => [
    run.run_key,
    run.status,
  ]);
  expect(history).toEqual([
    [`finance:${addDays(date, 1)}`, 'success'],
    [`attendance:${date}`, 'success'],
    [`daily:${date}`, 'success'],
  ]);
  const again = await api.post(DAILY, { date, again: true }, { headers: { Prefer: 'wait=20' } });
  expect(again.body.finance_processing).toEqual({
    trainings_processed: 0,
    invoices_created: 0,
    sessions_deducted: 0,
    auto_payments: 0,
  });
  expect((await api.get(`/api/audit?date=${date}`)).body).toMatchObject({ square: true, message: 'all square', findings: [] });
});

test('when attendance fails, finance still runs; the night is partial and says why', async () => {
  const { api, make } = shift;
  attendanceFails = true;
  const training = await trainingIn(shift, -1);
  await register(api, training.id, await make.student());
  const yesterday = addDays(dayOf(new Date(), 'Europe/Moscow'), -1);
  const { body } = await api.post(DAILY, { date: yesterday }, { headers: { Prefer: 'wait=25' } });
  attendanceFails = false;
  expect(body).toMatchObject({
    attendance_processing: { students_marked_present: 0 },
    finance_processing: { invoices_created: expect.any(Number) },
    message: 'Ежедневный процессинг завершен не полностью: не удалось: посещаемость',
  });
  expect((await statuses(training.id)).map((seat) => seat.invoice)).toEqual([true]);
  const [run] = (await api.get('/process-history?process_type=daily&limit=1')).body.items;
  const { details } = (await api.get(`/process-history/${run.id}`)).body;
  expect(run.status).toBe('partial');
  expect(details.parts[0]).toMatchObject({
    process_type: 'attendance',
    status: 'error',
    error_message: expect.stringContaining('no attendance today'),
  });
});
