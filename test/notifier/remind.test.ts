import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { z } from 'zod';
import { readSettings } from '../../queues/process/settings.ts';
import { sql } from '../../sql/database/database.ts';
import { receivePayment, takeBackPayment } from '../../sql/finance/payments.ts';
import type { Run } from '../../sql/runs/rows.ts';
import { digest } from '../../workers/notifier/reminders/digest.ts';
import { remind } from '../../workers/notifier/reminders/remind.ts';
import type { RunHandler } from '../../workers/runner/execute.ts';
import { type TestDatabase, testDatabase } from '../support/database.ts';
import { emptyStudio, emptyTables } from '../support/emptying.ts';
import { studio } from '../support/studio.ts';

let database: TestDatabase;
let make: ReturnType<typeof studio>;
let student: number;
let template: number;
const settings = readSettings({ TELEGRAM_ADMIN_CHAT_IDS: '1001' }, '/nowhere/.env');
beforeAll(async () => {
  database = await testDatabase();
  make = studio(database.db);
});
afterAll(() => database.close());
beforeEach(async () => {
  await emptyStudio(database.db);
  await emptyTables(database.db, 'services', 'notifications', 'schedule_changes', 'belt_exams', 'telegram_chats');
  student = await make.student();
  await database.db.query(sql.unsafe`update users set telegram_id = 5000 + id where id = ${student}`);
  template = await make.template({ type: await make.type(), trainer: await make.trainer(), room: await make.room() });
});

let runId = 0;
/** The handler as its worker calls it: one run for an instant. Returns its result. */
async function perform(handler: RunHandler, at: string) {
  runId += 1;
  const run = { id: runId, progress: null, params: { at: new Date(at).toISOString() } } as unknown as Run;
  const { result } = await handler(run, {
    settings,
    db: database.db,
    backend: undefined as never,
    now: new Date(at),
    chunk: (step) => database.db.transaction(step),
  });
  return result as Record<string, number>;
}
const told = () =>
  database.db.any(
    sql.type(
      z.object({
        template: z.string(),
        user_id: z.int().nullable(),
        params: z.record(z.string(), z.unknown()),
        status: z.string(),
      }),
    )`select template, user_id, params, status from notifications order by id`,
  );
/** Templates told by the run for an instant; a second run for it tells nothing. */
async function tells(at: string) {
  const before = (await told()).length;
  await perform(remind, at);
  const after = (await told()).map((row) => row.template).slice(before);
  await perform(remind, at);
  expect(await told()).toHaveLength(before + after.length);
  return after;
}
const id = sql.type(z.object({ id: z.int() }));
/** A training at an instant, in which the student has a seat. Returns the training's id. */
async function training(startsAt: string, { seat = 'REGISTERED', status = 'scheduled' } = {}) {
  const made = await database.db.oneFirst(id`
    insert into real_trainings (training_type_id, trainer_id, room_id, training_date, start_time, starts_at, ends_at, max_participants, price_minor, status, cancelled_at)
    select training_type_id, trainer_id, room_id, (${startsAt}::timestamptz at time zone 'Europe/Moscow')::date,
      (${startsAt}::timestamptz at time zone 'Europe/Moscow')::time, ${startsAt}::timestamptz, ${startsAt}::timestamptz + interval '30 minutes', 10, 50000,
      ${status}, case when ${status} = 'cancelled' then now() end
    from training_templates where id = ${template} returning id`);
  await database.db.query(sql.unsafe`
    insert into real_training_students (real_training_id, student_id, status) values (${made}, ${student}, ${seat})`);
  return made;
}

test.each([
  ['two hours before', '2026-11-21T14:00:00Z', {}, ['training_reminder']],
  ['a moment earlier than that', '2026-11-21T13:59:59Z', {}, []],
  ['just before it begins', '2026-11-21T15:59:59Z', {}, ['training_reminder']],
  ['when it begins', '2026-11-21T16:00:00Z', {}, []],
  ['when it is cancelled', '2026-11-21T14:00:00Z', { status: 'cancelled' }, []],
  ['whoever is not in it any more', '2026-11-21T14:00:00Z', { seat: 'CANCELLED_SAFE' }, []],
])('of a training people are reminded %s', async (_, at, fields, templates) => {
  await training('2026-11-21T16:00:00Z', fields);
  expect(await tells(at)).toEqual(templates);
});

test.each([
  ['2026-11-21T18:29:59Z', []],
  ['2026-11-21T18:30:00Z', ['training_reminder']],
])('of one at seven in the morning the evening before: %s', async (at, templates) => {
  await training('2026-11-22T04:00:00Z');
  expect(await tells(at)).toEqual(templates);
});

test('the payer is reminded as well, with the student’s name, once', async () => {
  const payer = await make.student();
  await database.db.query(sql.unsafe`update students set payer_id = ${payer} where id = ${student}`);
  await training('2026-11-21T16:00:00Z');
  expect(await tells('2026-11-21T14:00:00Z')).toEqual(['training_reminder', 'training_reminder']);
  const [own, theirs] = await told();
  expect([own?.user_id, own?.params.student]).toEqual([student, null]);
  expect([theirs?.user_id, theirs?.params.student]).toEqual([payer, expect.stringContaining('Ученик')]);
});

test('a moved training is reminded of anew', async () => {
  const moved = await training('2026-11-21T16:00:00Z');
  expect(await tells('2026-11-21T14:00:00Z')).toEqual(['training_reminder']);
  await database.db.query(sql.unsafe`
    update real_trainings set starts_at = starts_at + interval '1 hour', ends_at = ends_at + interval '1 hour' where id = ${moved}`);
  expect((await tells('2026-11-21T15:00:00Z')).sort()).toEqual(['training_changed', 'training_changed', 'training_reminder']);
});

test.each([
  ['two hours before', '2026-11-21T14:00:00Z', 'CONFIRMED', ['booking_reminder']],
  ['a moment earlier than that', '2026-11-21T13:59:59Z', 'CONFIRMED', []],
  ['when it begins', '2026-11-21T16:00:00Z', 'CONFIRMED', []],
  ['when it is cancelled', '2026-11-21T14:00:00Z', 'CANCELLED', []],
])('of a booking people are reminded %s', async (_, at, status, templates) => {
  await database.db.query(sql.unsafe`
    with service as (insert into services (name, duration_minutes) values ('Стрижка', 30) returning id)
    insert into bookings (client_id, payer_id, specialist_id, service_id, starts_at, ends_at, busy_until, duration_minutes, service_price_minor,
      price_minor, status, cancelled_at)
    select ${student}, ${student}, trainer_id, service.id, at, at, at, 30, 0, 0, ${status}, case when ${status} = 'CANCELLED' then now() end
    from training_templates, service, (select '2026-11-21T16:00:00Z'::timestamptz as at) as begin where training_templates.id = ${template}`);
  expect(await tells(at)).toEqual(templates);
});

const AT = '2026-11-21T12:00:00Z';
const absences = async (...days: [string, string][]) => {
  for (const [day, seat] of days) await training(`${day}T09:00:00Z`, { seat, status: 'completed' });
};

test.each<[string, [string, string][], number]>([
  ['one', [['2026-11-20', 'ABSENT']], 0],
  [
    'two',
    [
      ['2026-11-19', 'ABSENT'],
      ['2026-11-20', 'ABSENT'],
    ],
    1,
  ],
  [
    'the first of two thirty days ago',
    [
      ['2026-10-22', 'ABSENT'],
      ['2026-11-20', 'ABSENT'],
    ],
    0,
  ],
  [
    'the first of two within thirty days',
    [
      ['2026-10-23', 'ABSENT'],
      ['2026-11-20', 'ABSENT'],
    ],
    1,
  ],
  [
    'today’s too',
    [
      ['2026-11-20', 'ABSENT'],
      ['2026-11-21', 'ABSENT'],
    ],
    1,
  ],
  [
    'one and a cancelled one',
    [
      ['2026-11-19', 'CANCELLED_SAFE'],
      ['2026-11-20', 'ABSENT'],
    ],
    0,
  ],
])('absences: %s', async (_, days, count) => {
  await absences(...days);
  expect(await tells(AT)).toEqual(Array(count).fill('missed_classes'));
});

test('a streak of absences is reported once, and the next one again', async () => {
  await absences(['2026-11-15', 'ABSENT'], ['2026-11-16', 'ABSENT']);
  expect(await tells(AT)).toEqual(['missed_classes']);
  await absences(['2026-11-17', 'ABSENT']);
  expect(await tells(AT)).toEqual([]);
  await absences(['2026-11-18', 'PRESENT']);
  expect(await tells(AT)).toEqual([]);
  await absences(['2026-11-19', 'ABSENT']);
  expect(await tells(AT)).toEqual([]);
  await absences(['2026-11-20', 'ABSENT']);
  expect(await tells(AT)).toEqual(['missed_classes']);
});

const invoice = (due: string | null, created: string, status = 'UNPAID') =>
  database.db.query(sql.unsafe`
    insert into invoices (payer_id, student_id, type, amount_minor, status, due_date, created_at, paid_at)
    values (${student}, ${student}, 'SUBSCRIPTION', 70000, ${status}, ${due}::date, ${created}::timestamptz, ${status === 'PAID' ? created : null}::timestamptz)`);

test.each([
  ['due today', '2026-11-21', '2026-11-01T12:00:00Z', 'UNPAID', 0],
  ['due yesterday', '2026-11-20', '2026-11-01T12:00:00Z', 'UNPAID', 1],
  ['due yesterday and paid', '2026-11-20', '2026-11-01T12:00:00Z', 'PAID', 0],
  ['without a due date, written seven days ago', null, '2026-11-13T21:00:00Z', 'UNPAID', 0],
  ['without a due date, written eight days ago', null, '2026-11-13T20:59:59Z', 'UNPAID', 1],
])('an invoice %s', async (_, due, created, status, count) => {
  await invoice(due, created, status);
  expect(await tells(AT)).toEqual(Array(count).fill('payment_reminder'));
});

test('a renewal that is not paid has reminders of its own', async () => {
  await invoice('2026-11-01', '2026-10-25T12:00:00Z');
  await database.db.query(sql.unsafe`update invoices set is_auto_renewal = true`);
  expect(await tells(AT)).toEqual([]);
});

test('a payer gets one reminder of all debts, and one more when more is overdue', async () => {
  await invoice('2026-11-18', '2026-11-01T12:00:00Z');
  await invoice('2026-11-19', '2026-11-01T12:00:00Z');
  await invoice('2026-11-21', '2026-11-01T12:00:00Z');
  expect(await tells(AT)).toEqual(['payment_reminder']);
  expect((await told())[0]?.params).toEqual({ invoices: 2, amount_minor: 140_000 });
  expect(await tells('2026-11-22T12:00:00Z')).toEqual(['payment_reminder']);
});

test('an older invoice that falls due after a younger one was recalled is recalled, too', async () => {
  await invoice('2026-11-22', '2026-10-01T12:00:00Z');
  await invoice('2026-11-18', '2026-11-01T12:00:00Z');
  expect(await tells(AT)).toEqual(['payment_reminder']);
  expect(await tells('2026-11-22T12:00:00Z')).toEqual([]);
  expect(await tells('2026-11-23T12:00:00Z')).toEqual(['payment_reminder']);
  expect((await told()).at(-1)?.params).toEqual({ invoices: 2, amount_minor: 140_000 });
  expect(await tells('2026-11-24T12:00:00Z')).toEqual([]);
});

test('an invoice that was paid and is owed again is recalled again', async () => {
  await invoice('2026-11-18', '2026-11-01T12:00:00Z');
  expect(await tells(AT)).toEqual(['payment_reminder']);
  const taken = await database.db.transaction(async (transaction) => {
    const { payment } = await receivePayment(transaction, {
      payerId: student,
      amountMinor: 70_000,
      method: 'cash',
      createdBy: 'test',
    });
    return takeBackPayment(transaction, payment, 'bounced');
  });
  expect(taken).toBe(1);
  expect(await tells(AT)).toEqual(['payment_reminder']);
  expect(await tells(AT)).toEqual([]);
});

test('an invoice that falls due anew, as when its booking was moved, is recalled anew', async () => {
  await invoice('2026-11-18', '2026-11-01T12:00:00Z');
  expect(await tells(AT)).toEqual(['payment_reminder']);
  await database.db.query(sql.unsafe`update invoices set due_date = '2026-11-25'`);
  expect(await tells('2026-11-25T12:00:00Z')).toEqual([]);
  expect(await tells('2026-11-26T12:00:00Z')).toEqual(['payment_reminder']);
});

test('an exam that is moved and moved back is announced for each time', async () => {
  await database.db.query(
    sql.unsafe`insert into belt_exams (student_id, belt, exam_at) values (${student}, 'Blue', '2026-11-25T10:00:00Z')`,
  );
  for (const at of ['2026-11-25T10:00:00Z', '2026-11-26T10:00:00Z', '2026-11-25T10:00:00Z']) {
    await database.db.query(sql.unsafe`update belt_exams set exam_at = ${at}::timestamptz`);
    expect(await tells(AT)).toEqual(['belt_exam']);
    expect(await tells(AT)).toEqual([]);
  }
});

test('a digest asked for again tells what came since', async () => {
  await training('2026-11-25T09:00:00Z');
  expect(await perform(digest, AT)).toEqual({ changes: 1, digests: 1 });
  await training('2026-11-26T09:00:00Z');
  expect(await perform(digest, AT)).toEqual({ changes: 1, digests: 1 });
  expect((await told()).filter(({ template: name }) => name === 'schedule_digest')).toHaveLength(2);
});

test.each([
  ['2026-11-28T12:00:00Z', 1],
  ['2026-11-28T12:00:01Z', 0],
  [AT, 0],
])('an exam at %s', async (at, count) => {
  await database.db.query(
    sql.unsafe`insert into belt_exams (student_id, belt, exam_at) values (${student}, 'Blue', ${at}::timestamptz)`,
  );
  expect(await tells(AT)).toEqual(Array(count).fill('belt_exam'));
});

test('the week a generation built is one message, with its trainings in order', async () => {
  const run = await database.db.oneFirst(id`
    insert into automated_process_history (process_type, run_key, process_date, status, completed_at)
    values ('generation', 'generation:2026-W48', '2026-11-23', 'partial', ${AT}::timestamptz - interval '1 minute') returning id`);
  for (const at of ['2026-11-26T09:00:00Z', '2026-11-24T09:00:00Z']) await training(at);
  await database.db.query(sql.unsafe`update real_training_students set run_id = ${run}`);
  expect(await tells(AT)).toEqual(['training_created']);
  const trainings = (await told())[0]?.params.trainings as { training_date: string }[];
  expect(trainings.map(({ training_date }) => training_date)).toEqual(['2026-11-24', '2026-11-26']);
});

test('a change is reported to the student, to the payer, and to the trainers of before and after, each once (D43)', async () => {
  const [parent, before, after] = [await make.student(), await make.trainer(), await make.trainer()];
  await database.db.query(sql.unsafe`update students set payer_id = ${parent} where id = ${student}`);
  const at = await training('2026-11-25T09:00:00Z');
  await database.db.query(sql.unsafe`update real_trainings set trainer_id = ${before} where id = ${at}`);
  await tells(AT);
  await database.db.query(sql.unsafe`delete from notifications`);
  await database.db.query(sql.unsafe`update real_trainings set trainer_id = ${after} where id = ${at}`);
  await tells(AT);
  const readers = await told();
  expect(readers.map(({ user_id }) => user_id).sort()).toEqual([student, parent, before, after].sort());
  expect(readers.filter(({ params }) => (params.students as string[]).length > 0).map(({ user_id }) => user_id)).toEqual([
    parent,
  ]);
});

test('a change of trainer is reported to those who take part, a change of places is not', async () => {
  const at = await training('2026-11-25T09:00:00Z');
  await database.db.query(sql.unsafe`update real_trainings set max_participants = 3 where id = ${at}`);
  expect(await tells(AT)).toEqual([]);
  await database.db.query(sql.unsafe`update real_trainings set trainer_id = ${await make.trainer()} where id = ${at}`);
  expect(await tells(AT)).toEqual(['training_changed', 'training_changed', 'training_changed']);
});

test('admins get one digest of the changes, by place; the next one tells what came after', async () => {
  const first = await training('2026-11-25T09:00:00Z');
  await training('2026-11-26T09:00:00Z');
  await database.db.query(sql.unsafe`update real_trainings set max_participants = 3 where id = ${first}`);
  expect(await perform(digest, AT)).toEqual({ changes: 3, digests: 1 });
  expect(await perform(digest, AT)).toEqual({ changes: 0, digests: 0 });
  await database.db.query(sql.unsafe`update real_trainings set status = 'cancelled', cancelled_at = now() where id = ${first}`);
  expect(await perform(digest, '2026-11-21T13:00:00Z')).toEqual({ changes: 1, digests: 1 });
  const digests = (await told()).map(({ params }) => params.places as { created: object; changes: { change: string }[] }[]);
  expect(digests.map((places) => places.map(({ created, changes }) => [created, changes.map(({ change }) => change)]))).toEqual([
    [[{ count: 2, from: '2026-11-25', to: '2026-11-26' }, ['places']]],
    [[null, ['cancelled']]],
  ]);
});
