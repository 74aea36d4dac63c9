import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { openDatabase, sql } from '../../sql/database/database.ts';
import { claim } from '../../sql/notifications/claim.ts';
import { notifyAdmins } from '../../sql/notifications/notify.ts';
import { notifierProcess } from '../notifier/notifier-process.ts';
import { hasArrived } from '../support/telegram/answers.ts';
import { type FakeTelegram, fakeTelegram } from '../support/telegram.ts';
import { median, ms, report } from './measure.ts';

const MESSAGES = 3_000;
const CHATS = 1_000;
const WAITING = 50_000;
const PER_SECOND = 30;

type Database = Awaited<ReturnType<typeof openDatabase>>;

/** How much of what Telegram permits two notifier processes use, and how soon an urgent message leaves a full outbox. */
export async function benchNotifier(url: string) {
  const db = await openDatabase(url, { name: 'bench' });
  const telegram = await fakeTelegram(undefined, { limits: {} });
  await fill(db, MESSAGES, CHATS, 1);
  const notifiers = await Promise.all([notifierProcess(url, telegram), notifierProcess(url, telegram)]);
  await emptied(db);
  reportRate(telegram);
  await fill(db, WAITING, WAITING / 2, 0);
  await reportUrgent(db, telegram);
  await Promise.all(notifiers.map((notifier) => notifier.stop()));
  await reportClaim(db);
  await telegram.close();
  await db.end();
}

const fill = (db: Database, count: number, chats: number, priority: number) =>
  db.query(sql.unsafe`
    insert into notifications (chat_id, template, params, dedupe_key, priority)
    select 1000 + n % ${chats}::int, 'worker_down', jsonb_build_object('worker', ${priority} || '.' || n, 'seconds', 60),
      ${priority} || '.' || n, ${priority}
    from generate_series(1, ${count}::int) as n`);

async function emptied(db: Database) {
  const left = sql.type(z.object({ left: z.int() }))`select count(*)::int as left from notifications where status <> 'sent'`;
  while ((await db.oneFirst(left)) > 0) await sleep(500);
}

function reportRate(telegram: FakeTelegram) {
  const messages = telegram.received.filter(({ answer }) => hasArrived(answer));
  const seconds = (messages.at(-1)!.at - messages[0]!.at) / 1_000;
  const { overall, chat, group } = telegram.refused ?? { overall: 0, chat: 0, group: 0 };
  report(`${MESSAGES} messages to ${CHATS} chats from two processes`, `${seconds.toFixed(1)} s`);
  report('of the permitted 30 a second', `${((MESSAGES / PER_SECOND / seconds) * 100).toFixed(1)} %`, 'aim: at least 95 %');
  report('refused by Telegram (429)', `${overall + chat + group}`, 'aim: 0');
  report('sent twice', `${messages.length - new Set(messages.map(({ text }) => text)).size}`, 'aim: 0');
}

async function reportUrgent(db: Database, telegram: FakeTelegram) {
  const took: number[] = [];
  for (let n = 0; n < 10; n += 1) {
    const told = performance.now();
    await notifyAdmins(
      db,
      [5 + n],
      [{ template: 'worker_down', params: { worker: 'urgent', seconds: 60 }, dedupe: `urgent ${n}` }],
    );
    while (!telegram.received.some(({ chat_id }) => chat_id === 5 + n)) await sleep(5);
    took.push((telegram.received.find(({ chat_id }) => chat_id === 5 + n) as { at: number }).at - told);
    await sleep(500);
  }
  report(`an urgent message past ${WAITING} digests, the slowest of ten`, ms(Math.max(...took)), 'aim: at most 2 s');
}

async function reportClaim(db: Database) {
  const pace = { secondMs: 1_000, leaseMs: 1 };
  const took: number[] = [];
  for (let n = 0; n < 20; n += 1) {
    const plan = await db.any(sql.type(z.object({ 'QUERY PLAN': z.string() }))`explain (analyze, timing off) ${claim(1, pace)}`);
    took.push(Number(/Execution Time: ([\d.]+)/.exec(plan.at(-1)?.['QUERY PLAN'] ?? '')?.[1]));
    await sleep(40);
  }
  report('a claim among them, median', ms(median(took)));
}
