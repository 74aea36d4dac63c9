import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { runs } from '../../queues/jobs/catalog.ts';
import { readSettings } from '../../queues/process/settings.ts';
import { sql } from '../../sql/database/database.ts';
import type { Run } from '../../sql/runs/rows.ts';
import { drainOutbox } from '../../workers/notifier/outbox/drain.ts';
import { monthDrawing } from '../../workers/notifier/pictures/month.ts';
import { monthDigest } from '../../workers/notifier/reminders/month-digest.ts';
import { type TestDatabase, testDatabase } from '../support/database.ts';
import { emptyStudio, emptyTables } from '../support/emptying.ts';
import { studio } from '../support/studio.ts';
import { type FakeTelegram, fakeTelegram, type Received } from '../support/telegram.ts';

let database: TestDatabase;
let telegram: FakeTelegram;
let make: ReturnType<typeof studio>;
beforeAll(async () => {
  [database, telegram] = await Promise.all([testDatabase(), fakeTelegram()]);
  make = studio(database.db);
});
afterAll(async () => {
  await telegram.close();
  await database.close();
});
beforeEach(async () => {
  await emptyStudio(database.db);
  await emptyTables(database.db, 'notifications');
  telegram.received.length = 0;
});

const run = (query: ReturnType<typeof sql.unsafe>) => database.db.query(query);
const settings = () =>
  readSettings(
    { TELEGRAM_BOT_TOKEN: telegram.token, TELEGRAM_API_ROOT: telegram.apiRoot, STUDIO_TZ: 'Europe/Moscow', QUIET_HOURS: 'off' },
    '/nowhere/.env',
  );
let runId = 0;
/** The run of a first day of a month at 09:00, and everything it has to say. */
async function digestOn(day: string) {
  runId += 1;
  const { params } = runs.month_digest.request({}, day);
  const outcome = await monthDigest({ id: runId, progress: null, params } as unknown as Run, {
    settings: settings(),
    db: database.db,
    backend: undefined as never,
    now: new Date(`${day}T06:00:00Z`),
    chunk: (step) => database.db.transaction(step),
  });
  await drainOutbox({ db: database.db, settings: settings() }, new AbortController().signal);
  return outcome.result;
}
async function owner(chat: number, locale: string | null, isActive = true) {
  const id = await make.user('Владелец', 'owner', isActive);
  await run(sql.unsafe`update users set telegram_id = ${chat}, locale = ${locale} where id = ${id}`);
  return id;
}
const plain = (text: string | undefined) => text?.replaceAll(/[\u00a0\u202f]/g, ' ');

test.each([
  ['2026-04-01', 'month_digest:2026-03', '2026-03-01'],
  ['2026-04-04', 'month_digest:2026-03', '2026-03-01'],
  ['2026-01-01', 'month_digest:2025-12', '2025-12-01'],
])('on %s it is about the month before', (today, run_key, date) => {
  expect(runs.month_digest.request({}, today)).toMatchObject({ run_key, params: { month: date } });
  expect(runs.month_digest.schedule.pattern).toBe('0 9 1 * *');
});

test('each owner reads how the month was, in their language, under a picture; twice run it is sent once', async () => {
  await owner(501, 'ru');
  await owner(502, 'en');
  await owner(503, 'en', false);
  const [student, trainer] = [await make.student(), await make.trainer()];
  await run(sql.unsafe`update students set registration_date = '2026-03-31'`);
  // The last evening of March in Moscow, and the first of April.
  for (const [minor, at] of [
    [500_000, '2026-03-31T20:59:00Z'],
    [900_000, '2026-03-31T21:00:00Z'],
  ] as const)
    await run(
      sql.unsafe`insert into payments (payer_id, amount_minor, created_at) values (${student}, ${minor}, ${at}::timestamptz)`,
    );
  await run(sql.unsafe`
    insert into payment_refunds (payment_id, payer_id, amount_minor, method, reason, created_by, created_at)
    select min(id), ${student}, 120000, 'cash', 'x', 'test', '2026-03-15T10:00:00Z' from payments`);
  const training = Number(
    await database.db.oneFirst(sql.unsafe`
      insert into real_trainings (training_type_id, trainer_id, training_date, start_time, starts_at, ends_at, max_participants, price_minor, status)
      values (${await make.type()}, ${trainer}, '2026-03-10', '18:00', '2026-03-10T15:00:00Z', '2026-03-10T16:00:00Z', 10, 0, 'completed') returning id`),
  );
  const seat = Number(
    await database.db.oneFirst(sql.unsafe`
      insert into real_training_students (real_training_id, student_id, status) values (${training}, ${student}, 'PRESENT') returning id`),
  );
  await run(sql.unsafe`
    insert into invoices (payer_id, student_id, type, amount_minor, real_training_student_id, charge_no, due_date, created_at)
    values (${student}, ${student}, 'TRAINING', 70000, ${seat}, 0, '2026-03-12', '2026-03-09T10:00:00Z')`);
  await make.subscription({ student, from: '2026-03-20', to: '2026-04-18', autoRenew: true });

  expect(await digestOn('2026-04-01')).toEqual({ owners: 2 });
  expect(await digestOn('2026-04-01')).toEqual({ owners: 0 });
  expect(telegram.received.map(({ method, chat_id }) => [method, chat_id]).sort()).toEqual([
    ['sendPhoto', 501],
    ['sendPhoto', 502],
  ]);
  const [first, second] = telegram.received.toSorted((a, b) => a.chat_id - b.chat_id);
  expect(plain(first?.text)).toBe(
    [
      'Итоги месяца: март 2026 г.',
      'Получено за вычетом возвратов: 3 800 ₽',
      'Заработано: 700 ₽',
      'Посещаемость 100 %, проведена 1 тренировка',
      '1 новый ученик, занимаются 1',
      'Ожидается 1 продление за 30 дней: 4 000 ₽',
      '1 должник с просрочкой: 700 ₽',
    ].join('\n'),
  );
  expect(plain(second?.text)).toContain('The month: March 2026');
  const photo = Buffer.from(await ((first as Received).params.photo as File).arrayBuffer());
  expect(photo.subarray(1, 4).toString()).toBe('PNG');
  expect([photo.readUInt32BE(16), photo.readUInt32BE(20)]).toEqual([1_000, 560]);
  expect(await digestOn('2026-05-01')).toEqual({ owners: 2 });
});

test('a month in which nothing was is told, too', async () => {
  await owner(501, 'uk');
  expect(await digestOn('2026-04-01')).toEqual({ owners: 1 });
  expect(plain(telegram.received[0]?.text)).toContain('Відмічених відвідувань не було.');
});

test('the picture has a bar a day, downwards where more was given back', () => {
  const drawn = monthDrawing({ title: '<Март>', none: 'ничего', days: [0, 10, -5, 20], shown: String });
  expect(drawn.match(/fill="#2e9d6a"/g)).toHaveLength(2);
  expect(drawn.match(/fill="#d3382f"/g)).toHaveLength(1);
  expect(drawn).toContain('&lt;Март&gt;');
  expect(drawn).not.toContain('ничего');
  expect(drawn).not.toContain('NaN');
  expect(monthDrawing({ title: 'x', none: 'ничего', days: [0, 0], shown: String })).toContain('ничего');
});
