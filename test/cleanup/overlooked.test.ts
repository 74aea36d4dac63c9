import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { z } from 'zod';
import { addDays } from '../../queues/time/calendar.ts';
import { markAttendance } from '../../sql/attendance/attendance.ts';
import { sql } from '../../sql/database/database.ts';
import { emptyTables } from '../support/emptying.ts';
import { wholeDay } from '../support/weeks.ts';
import { type CleanupNight, cleanupNight, only } from './night.ts';

const D = '2026-11-20';
let night: CleanupNight;
beforeAll(async () => {
  night = await cleanupNight();
});
beforeEach(() => emptyTables(night.db, 'real_trainings', 'admin_tasks'));
afterAll(() => night.close());

const clean = async (date = D) => (await night.clean(date, only('trainings'))).result as { trainings_overlooked: number };
const training = async (date: string, status = 'scheduled') => {
  const [type, trainer] = [await night.make.type(), await night.make.trainer()];
  return night.db.oneFirst(sql.type(z.object({ id: z.int() }))`
    insert into real_trainings (training_type_id, trainer_id, training_date, start_time, starts_at, ends_at, max_participants, price_minor, status, cancelled_at)
    values (${type}, ${trainer}, ${date}::date, '10:00', ${`${date}T07:00Z`}::timestamptz, ${`${date}T08:00Z`}::timestamptz, 10, 0,
      ${status}, ${status === 'cancelled' ? D : null}::timestamptz) returning id`);
};
const state = (id: number) =>
  night.db.one(sql.type(z.object({ status: z.string(), noted: z.boolean() }))`
    select status, overlooked_at is not null as noted from real_trainings where id = ${id}`);
const tasks = () =>
  night.db.any(
    sql.type(
      z.object({
        kind: z.string(),
        title: z.string(),
        details: z.record(z.string(), z.unknown()),
        done_by: z.string().nullable(),
      }),
    )`select kind, title, details, done_by from admin_tasks order by id`,
  );

test.each([
  ['scheduled', -1, true],
  ['scheduled', 0, false],
  ['scheduled', 1, false],
  ['scheduled', -200, true],
  ['completed', -1, false],
  ['cancelled', -1, false],
])('a %s training of D%+d: noted %p, its status stays', async (status, days, noted) => {
  const id = await training(addDays(D, days), status);
  expect(await clean()).toMatchObject({ trainings_overlooked: noted ? 1 : 0 });
  expect(await state(id)).toEqual({ status, noted });
});

test('one task a day, with what was on it; a second night writes none', async () => {
  const [first, second] = [await training('2026-11-18'), await training('2026-11-18')];
  await training('2026-11-19');
  await night.db.query(sql.unsafe`
    insert into real_training_students (real_training_id, student_id) values (${first}, ${await night.make.student()})`);
  expect(await clean()).toMatchObject({ trainings_overlooked: 3 });
  expect(await clean(addDays(D, 1))).toMatchObject({ trainings_overlooked: 0 });
  expect(await tasks()).toEqual([
    {
      kind: 'trainings_not_completed',
      title: '2 тренировки за 2026-11-18 не закрыты: посещаемость не отмечена',
      details: {
        date: '2026-11-18',
        count: 2,
        trainings: [
          { id: first, start_time: '10:00:00', training_type: expect.any(String), registered: 1 },
          { id: second, start_time: '10:00:00', training_type: expect.any(String), registered: 0 },
        ],
      },
      done_by: null,
    },
    expect.objectContaining({ title: '1 тренировка за 2026-11-19 не закрыта: посещаемость не отмечена', done_by: null }),
  ]);
});

test('once attendance has taken the day along, its task is done by itself; another day’s stays', async () => {
  await training('2026-11-18');
  await clean();
  await night.db.transaction((transaction) => markAttendance(transaction, wholeDay(D), 0, 100));
  await training('2026-11-17');
  await clean();
  expect((await tasks()).map(({ details, done_by }) => [details.date, done_by])).toEqual([
    ['2026-11-18', 'system'],
    ['2026-11-17', null],
  ]);
});

test('a training that has not ended is not overlooked, whatever day the cleanup is for', async () => {
  const id = await training('2098-01-01');
  await clean('2099-01-01');
  expect(await state(id)).toEqual({ status: 'scheduled', noted: false });
});
