import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { readSettings } from '../../queues/process/settings.ts';
import { sql } from '../../sql/database/database.ts';
import { noteForStudio } from '../../sql/notifications/studio-news.ts';
import type { Run } from '../../sql/runs/rows.ts';
import { remind } from '../../workers/notifier/reminders/remind.ts';
import { trainerDay } from '../../workers/notifier/reminders/trainer-day.ts';
import type { RunHandler } from '../../workers/runner/execute.ts';
import { type TestDatabase, testDatabase } from '../support/database.ts';
import { emptyStudio, emptyTables } from '../support/emptying.ts';
import { studio } from '../support/studio.ts';

let database: TestDatabase;
let make: ReturnType<typeof studio>;
let trainer: number;
let template: number;
beforeAll(async () => {
  database = await testDatabase();
  make = studio(database.db);
});
afterAll(() => database.close());
beforeEach(async () => {
  await emptyStudio(database.db);
  await emptyTables(database.db, 'services', 'notifications', 'studio_news');
  trainer = await make.trainer();
  template = await make.template({ type: await make.type(), trainer, room: await make.room() });
});

let runId = 0;
async function perform(handler: RunHandler, params: Record<string, string>, admins = '1001') {
  runId += 1;
  const { result } = await handler({ id: runId, progress: null, params } as unknown as Run, {
    settings: readSettings({ TELEGRAM_ADMIN_CHAT_IDS: admins }, '/nowhere/.env'),
    db: database.db,
    backend: undefined as never,
    now: new Date(params.at ?? Date.now()),
    chunk: (step) => database.db.transaction(step),
  });
  return result as Record<string, number>;
}
const remindAt = (at: string, admins?: string) => perform(remind, { at: new Date(at).toISOString() }, admins);
const note = z.object({
  template: z.string(),
  user_id: z.int().nullable(),
  chat_id: z.int().nullable(),
  params: z.record(z.string(), z.any()),
  priority: z.int(),
});
const told = (...templates: string[]) =>
  database.db.any(sql.type(note)`
    select template, user_id, chat_id, params, priority from notifications
    where template = any(${sql.array(templates, 'text')}) order by id`);
const id = sql.type(z.object({ id: z.int() }));
/** A training made an hour ago, with so many students since then. */
async function training(startsAt: string, { runId: run = null as number | null, places = 10, status = 'scheduled' } = {}) {
  return database.db.oneFirst(id`
    insert into real_trainings (training_type_id, trainer_id, room_id, training_date, start_time, starts_at, ends_at, max_participants,
      price_minor, status, cancelled_at, run_id, created_at)
    select training_type_id, trainer_id, room_id, (${startsAt}::timestamptz at time zone 'Europe/Moscow')::date,
      (${startsAt}::timestamptz at time zone 'Europe/Moscow')::time, ${startsAt}::timestamptz, ${startsAt}::timestamptz + interval '30 minutes',
      ${places}, 50000, ${status}, case when ${status} = 'cancelled' then now() end, ${run}::int, now() - interval '1 hour'
    from training_templates where id = ${template} returning id`);
}
async function seat(trainingId: number, { status = 'REGISTERED', isOfItsMaking = false } = {}) {
  const student = await make.student();
  return database.db.oneFirst(id`
    insert into real_training_students (real_training_id, student_id, status, created_at)
    select id, ${student}, ${status}, case when ${isOfItsMaking}::boolean then created_at else now() end
    from real_trainings where id = ${trainingId} returning id`);
}

describe('how full a training is', () => {
  const START = '2026-11-23T15:00:00Z';
  const NOON = '2026-11-21T09:00:00Z';
  const LATER = '2026-11-21T09:15:00Z';
  const counts = async () =>
    (await told('training_seats')).map(({ params }) =>
      params.trainings.map(({ was, seated, places }: Record<string, number>) => [was, seated, places]),
    );

  test('comes as one message for all that changed, with what it was; what did not change comes not', async () => {
    const [one, other, quiet] = [
      await training(START),
      await training('2026-11-24T15:00:00Z'),
      await training('2026-11-25T15:00:00Z'),
    ];
    for (const id of [one, one, other]) await seat(id);
    await seat(quiet, { isOfItsMaking: true });
    await remindAt(NOON);
    await remindAt(NOON);
    expect(await counts()).toEqual([
      [
        [0, 2, 10],
        [0, 1, 10],
      ],
    ]);
    expect(await told('training_seats')).toMatchObject([{ user_id: trainer, priority: 1 }]);
    const leaving = await seat(one);
    await database.db.query(sql.unsafe`update real_training_students set status = 'CANCELLED_SAFE' where id = ${leaving}`);
    await remindAt(LATER);
    expect(await counts()).toHaveLength(1);
  });

  test('a place given up late and a place on the waitlist do not count as taken', async () => {
    const id = await training(START, { places: 2 });
    await seat(id);
    await seat(id, { status: 'ABSENT' });
    await seat(id, { status: 'WAITLIST' });
    await remindAt(NOON);
    expect(await counts()).toEqual([[[0, 1, 2]]]);
    await seat(id);
    await remindAt(LATER);
    expect((await counts())[1]).toEqual([[1, 2, 2]]);
  });

  test('is not told in quiet hours, and adds up to one message after them', async () => {
    const id = await training(START);
    await seat(id);
    await remindAt('2026-11-21T20:00:00Z');
    await seat(id);
    await remindAt('2026-11-22T04:45:00Z');
    expect(await counts()).toEqual([]);
    await remindAt('2026-11-22T05:00:00Z');
    expect(await counts()).toEqual([[[0, 2, 10]]]);
  });

  test.each([
    ['what is more than two weeks away', '2026-12-05T09:00:01Z', {}],
    ['what has begun', '2026-11-21T09:00:00Z', {}],
    ['what is cancelled', START, { status: 'cancelled' }],
  ])('of %s nothing is told', async (_, startsAt, fields) => {
    await seat(await training(startsAt, fields));
    await remindAt(NOON);
    expect(await counts()).toEqual([]);
  });

  test.each([
    ['a day before it begins', '2026-11-22T15:00:00Z', 2],
    ['a moment earlier', '2026-11-22T14:59:59Z', 1],
  ])('%s: how urgent it is', async (_, at, priority) => {
    await seat(await training(START));
    await remindAt(at);
    expect((await told('training_seats')).map((row) => row.priority)).toEqual([priority]);
  });
});

test('of a new week each trainer gets one list, and nobody is called about it', async () => {
  const run = await database.db.oneFirst(id`
    insert into automated_process_history (process_type, run_key, process_date, status, started_at, completed_at)
    values ('generation', 'generation:2026-W48', '2026-11-23', 'success', '2026-11-22T18:00:00Z', '2026-11-22T18:01:00Z') returning id`);
  const [first, second] = [
    await training('2026-11-24T15:00:00Z', { runId: run }),
    await training('2026-11-25T15:00:00Z', { runId: run }),
  ];
  await seat(first, { isOfItsMaking: true });
  await remindAt('2026-11-22T18:15:00Z');
  await remindAt('2026-11-22T18:30:00Z');
  const given = await told('training_given');
  expect(given).toMatchObject([{ user_id: trainer, params: { students: 1, by_hand: false } }]);
  expect(given[0]?.params.trainings.map((one: { real_training_id: number }) => one.real_training_id)).toEqual([first, second]);
  expect(await told('training_seats')).toEqual([]);
});

describe('a trainer’s day', () => {
  const DAY = '2026-11-24';
  test('holds their trainings with how many come, and their bookings, in order; an empty day is told to nobody', async () => {
    await make.trainer();
    const mine = await training('2026-11-24T15:00:00Z');
    await seat(mine);
    await seat(mine, { status: 'ABSENT' });
    await training('2026-11-24T17:00:00Z', { status: 'cancelled' });
    await training('2026-11-25T15:00:00Z');
    await training('2026-11-23T20:59:00Z');
    const client = await make.student();
    await database.db.query(sql.unsafe`
      with service as (insert into services (name, duration_minutes) values ('Массаж', 30) returning id)
      insert into bookings (client_id, payer_id, specialist_id, service_id, starts_at, ends_at, busy_until, duration_minutes, service_price_minor,
        price_minor, status)
      select ${client}, ${client}, ${trainer}, service.id, at, at, at, 30, 0, 0, 'CONFIRMED'
      from service, (values ('2026-11-24T06:30:00Z'::timestamptz), ('2026-11-24T21:00:00Z')) as begin (at)`);
    expect(await perform(trainerDay, { date: DAY })).toEqual({ trainers: 1 });
    expect(await perform(trainerDay, { date: DAY })).toEqual({ trainers: 0 });
    const [message, ...others] = await told('trainer_day');
    expect(others).toEqual([]);
    expect(message).toMatchObject({
      user_id: trainer,
      params: {
        day: DAY,
        items: [
          { kind: 'booking', start_time: '09:30:00', what: 'Массаж', seated: null, client: expect.stringContaining('Ученик') },
          { kind: 'training', start_time: '18:00:00', seated: 1, places: 10, client: null },
        ],
      },
    });
  });
});

describe('the studio', () => {
  const holder = { student: 'Анна', subscription: 'Eight', end_date: '2026-11-25' };
  const tell = async (admins?: string) => {
    await remindAt('2026-11-21T09:00:00Z', admins);
    await remindAt('2026-11-21T09:15:00Z', admins);
    return told('studio_subscriptions', 'studio_unreached');
  };
  async function news() {
    const student = await make.student();
    const person = { name: 'Анна', phone: '+79990000001', about: 'Training cancelled' };
    await noteForStudio(database.db, [
      { kind: 'last_session', userId: student, dedupe: 'last:1', params: { ...holder, is_auto_renew: false } },
      { kind: 'last_session', userId: student, dedupe: 'last:1', params: { ...holder, is_auto_renew: false } },
      { kind: 'subscription_ended', userId: student, dedupe: 'ended:1', params: { ...holder, sessions_expired: 2 } },
      { kind: 'unreached', userId: student, dedupe: 'un:1', params: person },
      { kind: 'unreached', userId: student, dedupe: 'un:2', isUrgent: true, params: { ...person, about: 'Moved' } },
    ]);
  }

  test('hears of last sessions, ended subscriptions and who was not reached, each once, in its chats', async () => {
    await news();
    expect(await tell()).toMatchObject([
      {
        template: 'studio_subscriptions',
        chat_id: 1_001,
        user_id: null,
        params: { last_sessions: [holder], ended: [{ sessions_expired: 2 }] },
      },
      { template: 'studio_unreached', chat_id: 1_001, priority: 2, params: { people: [{ name: 'Анна', about: 'Moved' }] } },
    ]);
  });

  test('without chats each owner and admin hears of it in person', async () => {
    const [owner, admin] = [await make.user('Ольга', 'owner'), await make.user('Олег', 'admin')];
    await make.user('Ушла', 'admin', false);
    await news();
    expect((await tell('')).map(({ user_id }) => user_id)).toEqual([owner, admin, owner, admin]);
  });

  test('nothing new: nothing is said', async () => {
    expect(await tell()).toEqual([]);
  });
});
