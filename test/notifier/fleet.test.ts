import { spawn } from 'node:child_process';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { z } from 'zod';
import { openBackend } from '../../queues/backend/backend.ts';
import { enqueueProcess } from '../../queues/backend/enqueue.ts';
import { requestProcess } from '../../queues/jobs/request.ts';
import { sql } from '../../sql/database/database.ts';
import { notifyAdmins } from '../../sql/notifications/notify.ts';
import { findRun } from '../../sql/runs/find.ts';
import { isOver } from '../../sql/runs/rows.ts';
import { type TestDatabase, testDatabase } from '../support/database.ts';
import { eventually } from '../support/eventually.ts';
import { holdOpen, waitingForLock } from '../support/ledger.ts';
import { rounds } from '../support/nightly-only.ts';
import { type Answer, hasArrived } from '../support/telegram/answers.ts';
import { type FakeTelegram, fakeTelegram } from '../support/telegram.ts';
import { notifierProcess } from './notifier-process.ts';

type Notifier = Awaited<ReturnType<typeof notifierProcess>>;
let database: TestDatabase;
let telegram: FakeTelegram;
let notifiers: Notifier[] = [];
/** Rows that a test holds; a failed one lets go here, for an open connection keeps its database, and Jest's worker. */
let held: Awaited<ReturnType<typeof holdOpen>>[] = [];

/** Telegram's seconds last a third of one here, to the server and to the notifiers alike. */
const FASTER = 3;
beforeEach(async () => {
  database = await testDatabase();
  telegram = await fakeTelegram(undefined, { limits: { speed: FASTER } });
});
afterEach(async () => {
  await Promise.all(notifiers.map((notifier) => notifier.stop()));
  notifiers = [];
  await Promise.all(held.map((one) => one.commit().catch(() => undefined)));
  held = [];
  await telegram.close();
  await database.close();
});
async function start(count: number) {
  const started = Array.from({ length: count }, () => notifierProcess(database.url, telegram, { TELEGRAM_PACE: String(FASTER) }));
  notifiers.push(...(await Promise.all(started)));
}

const fill = (count: number, chats: number, priority = 1) =>
  database.db.query(sql.unsafe`
    insert into notifications (chat_id, template, params, dedupe_key, priority)
    select 1000 + n % ${chats}, 'worker_down', jsonb_build_object('worker', 'n' || n, 'seconds', 60), 'n' || n, ${priority}
    from generate_series(1, ${count}::int) as n`);
const left = () =>
  database.db.oneFirst(sql.type(z.object({ left: z.int() }))`
    select count(*)::int as left from notifications where status <> 'sent'`);
const arrived = () => telegram.received.filter(({ answer }) => hasArrived(answer));

test('two notifiers at once send everything once, in the order of each chat, and break no limit', async () => {
  await fill(450, 150);
  await start(2);
  await eventually(async () => (await left()) === 0);
  expect(telegram.refused).toEqual({ overall: 0, chat: 0, group: 0 });
  const messages = arrived();
  expect(messages).toHaveLength(450);
  expect(new Set(messages.map(({ text }) => text)).size).toBe(450);
  for (const own of Map.groupBy(messages, ({ chat_id }) => chat_id).values()) {
    const numbers = own.map(({ text }) => Number(/worker n(\d+) /.exec(text)?.[1]));
    expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
  }
}, 240_000);

test('a group gets twenty a minute', async () => {
  await database.db.query(sql.unsafe`
    insert into notifications (chat_id, template, params, dedupe_key)
    select -77, 'worker_down', jsonb_build_object('worker', 'n' || n, 'seconds', 60), 'n' || n from generate_series(1, 30) as n`);
  await start(2);
  await eventually(async () => (await left()) === 0);
  expect(telegram.refused).toEqual({ overall: 0, chat: 0, group: 0 });
  const at = arrived().map((message) => message.at);
  expect(at[20]! - at[0]!).toBeGreaterThan(60_000 / FASTER);
  // The first twenty went without that wait.
  const pauses = at.slice(1).map((time, n) => time - at[n]!);
  expect(pauses.indexOf(Math.max(...pauses))).toBe(19);
}, 240_000);

test('reminders and digests are runs of this worker', async () => {
  const backend = openBackend({ databaseUrl: database.url, name: 'test' });
  await start(1);
  for (const [name, result] of [
    ['reminders', { messages: 0, missed_classes: 0, training_reminders: 0 }],
    ['digest', { changes: 0, digests: 0 }],
  ] as const) {
    const scheduled_for = '2026-11-21T14:05:00.000Z';
    const asked = await requestProcess(database.db, name, {}, '2026-11-21', { scheduled_for });
    await enqueueProcess(backend, asked);
    const run = await eventually(async () => {
      const found = await findRun(database.db, asked.run.id);
      return found && isOver(found) ? found : null;
    });
    expect(run).toMatchObject({ status: 'success', result, params: { at: scheduled_for } });
    const again = await requestProcess(database.db, name, {}, '2026-11-21', { scheduled_for });
    expect(again.outcome).toBe('replayed');
    const later = '2026-11-21T15:05:00.000Z';
    expect((await requestProcess(database.db, name, {}, '2026-11-21', { scheduled_for: later })).outcome).toBe('created');
  }
  await backend.close();
}, 240_000);

const DIGESTS = rounds({ daily: 5_000, nightly: 50_000 });
test(`an urgent message overtakes ${DIGESTS} digests within what goes out in two seconds`, async () => {
  await fill(DIGESTS, DIGESTS * 0.4, 0);
  await start(1);
  await eventually(() => arrived().length > 20);
  const before = arrived().length;
  await notifyAdmins(
    database.db,
    [5],
    [{ template: 'worker_down', params: { worker: 'urgent', seconds: 60 }, dedupe: 'urgent' }],
  );
  await eventually(() => arrived().some(({ chat_id }) => chat_id === 5));
  const overtook = arrived().findIndex(({ chat_id }) => chat_id === 5) - before;
  // What at most goes out in two seconds: thirty a second.
  expect(overtook).toBeLessThanOrEqual(2 * 30 * FASTER);
}, 240_000);

test('one killed between sending and marking repeats that message and no other', async () => {
  await fill(60, 60);
  let killed: Promise<void> | undefined;
  telegram.answerChat(1_030, async (): Promise<Answer> => {
    // The message is there; the one who sent it dies before the answer.
    killed = notifiers[0]!.kill();
    await killed;
    return 'lost answer';
  });
  await start(1);
  await eventually(() => killed !== undefined);
  await killed;
  notifiers = [];
  await start(1);
  await eventually(async () => (await left()) === 0);
  const times = [...Map.groupBy(arrived(), ({ text }) => text).values()].map((copies) => copies.length);
  expect(times).toHaveLength(60);
  expect(times.filter((count) => count > 1)).toEqual([2]);
}, 240_000);

test('one killed in the middle of 300 messages that are answered at once repeats two at most, however busy the machine is', async () => {
  await fill(300, 300);
  const spinners = Array.from({ length: 4 }, () => spawn(process.execPath, ['-e', 'for (;;);'], { stdio: 'ignore' }));
  try {
    await start(1);
    await eventually(() => arrived().length >= 150);
    await notifiers[0]!.kill();
    notifiers = [];
  } finally {
    for (const spinner of spinners) spinner.kill('SIGKILL');
  }
  await start(1);
  await eventually(async () => (await left()) === 0);
  const times = [...Map.groupBy(arrived(), ({ text }) => text).values()].map((copies) => copies.length);
  expect(times).toHaveLength(300);
  expect(times.filter((count) => count > 1).length).toBeLessThanOrEqual(2);
}, 240_000);

test('while an answer cannot be marked, no other message is begun', async () => {
  await fill(20, 20);
  let begun = 0;
  telegram.answerNext(async (): Promise<Answer> => {
    held.push(await holdOpen(database.url, `select from telegram_permits for update`));
    begun = telegram.received.length;
    return 200;
  });
  await start(1);
  await waitingForLock(database.db);
  // One more may have had its permit already when the first answer came.
  expect(telegram.received.length - begun).toBeLessThanOrEqual(1);
  await notifiers[0]!.kill();
  notifiers = [];
  for (const one of held) await one.commit();
  held = [];
  await start(1);
  await eventually(async () => (await left()) === 0);
  const times = [...Map.groupBy(arrived(), ({ text }) => text).values()].map((copies) => copies.length);
  expect(times).toHaveLength(20);
  // The dead one's marks may still be made once the row is free; else those messages are sent again, once.
  expect(Math.max(...times)).toBeLessThanOrEqual(2);
  expect(times.filter((count) => count > 1).length).toBeLessThanOrEqual(2);
}, 240_000);

test('a long text killed between two parts goes on with the next one', async () => {
  const places = Array.from({ length: 4 }, (_, n) => ({
    location: `Зал ${n}`,
    created: null,
    changes: Array.from({ length: 60 }, (_, m) => ({
      change: 'cancelled' as const,
      was: {},
      training_date: '2026-11-25',
      start_time: '18:00',
      training_type: `Тренировка ${n}.${m}`,
      room: null,
      trainer: 'Анна',
      max_participants: 5,
    })),
  }));
  await notifyAdmins(database.db, [9], [{ template: 'schedule_digest', params: { places }, dedupe: 'long' }]);
  let killed: Promise<void> | undefined;
  telegram.answerChat(9, 200, async (): Promise<Answer> => {
    killed = notifiers[0]!.kill();
    await killed;
    return 'drop';
  });
  await start(1);
  await eventually(() => killed !== undefined);
  await killed;
  notifiers = [];
  await start(1);
  await eventually(async () => (await left()) === 0);
  const texts = telegram.delivered(9);
  expect(texts.length).toBeGreaterThan(2);
  const lines = texts
    .join('')
    .split('\n')
    .filter((line) => line.includes('Тренировка'));
  expect(lines).toHaveLength(240);
  expect(new Set(lines).size).toBe(240);
}, 240_000);
