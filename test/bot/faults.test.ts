import { isDeepStrictEqual } from 'node:util';
import { afterEach, expect, test } from '@jest/globals';
import { z } from 'zod';
import { keepUpdates } from '../../api/telegram/intake.ts';
import { askConfirmation } from '../../sql/bot/confirmations.ts';
import { sql } from '../../sql/database/database.ts';
import { monday, today } from '../support/days.ts';
import { eventually } from '../support/eventually.ts';
import { openGate } from '../support/gate.ts';
import { botProcess } from './bot-process.ts';
import { ADMIN, type Stage, stage } from './stage.ts';

const LONG = 240_000;
let botStudio: Stage;
const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  await botStudio.stopBots();
  for (const end of ends.splice(0).reverse()) await end();
  await botStudio.close();
});

const calls = (method: string) => botStudio.telegram.called.filter((call) => call.method === method).length;
const answers = (chat: number, text: string) => botStudio.telegram.delivered(chat).filter((said) => said.includes(text)).length;
const environment = () => ({
  DATABASE_URL: botStudio.database.url,
  TELEGRAM_BOT_TOKEN: botStudio.telegram.token,
  TELEGRAM_API_ROOT: botStudio.telegram.apiRoot,
  TELEGRAM_ADMIN_CHAT_IDS: String(ADMIN),
});
async function child(more: NodeJS.ProcessEnv = {}) {
  const bot = await botProcess({ ...environment(), ...more });
  ends.push(() => bot.kill());
  return bot;
}
/** A way to a server that can be shut; shut for good when the test is over, however it ended. */
async function gateTo(url: string) {
  const gate = await openGate(url);
  let isOpen = true;
  ends.push(async () => {
    if (isOpen) await gate.shut();
  });
  return {
    url: gate.url,
    async shut() {
      isOpen = false;
      await gate.shut();
    },
    async open() {
      await gate.open();
      isOpen = true;
    },
  };
}
/** How long a dead bot is still taken for the living one. */
const leaseSeconds = () =>
  botStudio.db.oneFirst(sql.type(z.object({ seconds: z.number() }))`
    select extract(epoch from expires_at - now())::float8 as seconds from leases where name = 'telegram-bot'`);
const expireLease = () => botStudio.db.query(sql.unsafe`delete from leases`);
/** How often the update that was begun most often, and is not decided yet, was begun. */
const triesOfOpen = () =>
  botStudio.db.oneFirst(sql.type(z.object({ tries: z.int() }))`
    select coalesce(max(tries), 0)::int as tries from bot_updates where decided_at is null`);
/** A button that starts the generation of a week, as `/run` would have made it. */
const button = async (week: string) => {
  const fields = { run: 'generation', body: { week_start: week }, day: today(), again: false, askedBy: 'test', now: new Date() };
  return `run:${await askConfirmation(botStudio.db, { ...fields, seconds: 300 })}`;
};
const message = (id: number) => ({ chat_id: ADMIN, message_id: id, text: '' });

test(
  'Telegram is away, then back: the bot goes on by itself, and what was written meanwhile is answered',
  async () => {
    botStudio = await stage();
    const gate = await gateTo(botStudio.telegram.apiRoot);
    const cut = { ...botStudio.settings, telegramApiRoot: gate.url.replace(/\/$/, '') };
    botStudio.startBot({ settings: cut });
    await botStudio.awake();
    await gate.shut();
    botStudio.telegram.write(ADMIN, '/help');
    await new Promise((next) => setTimeout(next, 1_500));
    expect(answers(ADMIN, 'Что я умею')).toBe(0);
    await gate.open();
    await eventually(() => answers(ADMIN, 'Что я умею') === 1);
  },
  LONG,
);

test(
  'another program with the same token takes the updates for a while: the bot stands back and goes on after it',
  async () => {
    botStudio = await stage();
    botStudio.startBot();
    await botStudio.awake();
    const foreign = fetch(`${botStudio.telegram.apiRoot}/bot${botStudio.telegram.token}/getUpdates?timeout=3`).then((reply) =>
      reply.json(),
    );
    expect(await foreign).toEqual({ ok: true, result: [] });
    const before = calls('getUpdates');
    await botStudio.write(ADMIN, '/help');
    expect(answers(ADMIN, 'Что я умею')).toBe(1);
    expect(calls('getUpdates') - before).toBeLessThan(5);
  },
  LONG,
);

test(
  'of two notifiers one is the bot; when it goes, the other takes over',
  async () => {
    botStudio = await stage();
    const first = botStudio.startBot();
    await botStudio.awake();
    botStudio.startBot();
    await botStudio.write(ADMIN, '/help');
    await new Promise((next) => setTimeout(next, 1_000));
    expect(calls('getMe')).toBe(1);
    first.stop.abort();
    await first.life;
    await botStudio.write(ADMIN, '/help');
    expect(answers(ADMIN, 'Что я умею')).toBe(2);
    expect(calls('getMe')).toBe(2);
  },
  LONG,
);

test(
  'of two bots of which one is killed, the other takes over within 20 s',
  async () => {
    botStudio = await stage();
    const doomed = await child();
    await botStudio.awake();
    botStudio.startBot();
    await doomed.kill();
    botStudio.telegram.write(ADMIN, '/help');
    expect(await leaseSeconds()).toBeLessThan(20);
    await eventually(() => answers(ADMIN, 'Что я умею') === 1);
  },
  LONG,
);

test('an update that was kept before a crash and comes again is decided once', async () => {
  botStudio = await stage();
  const id = botStudio.telegram.press(message(1), await button(monday()));
  const payload = botStudio.telegram.waiting().find((update) => update.update_id === id);
  await keepUpdates(botStudio.db, [payload as never]);
  botStudio.startBot();
  await eventually(() => botStudio.telegram.unconfirmed() === 0);
  await botStudio.settled();
  expect(await botStudio.runs()).toHaveLength(1);
  expect(answers(ADMIN, 'Запущено')).toBe(1);
});

test(
  'killed after the effect and before its answer has arrived: one run, and the answer comes after the restart',
  async () => {
    botStudio = await stage();
    const bot = await child();
    await botStudio.awake();
    botStudio.telegram.answerChat(ADMIN, 'hang');
    botStudio.telegram.press(message(7), await button(monday()));
    await eventually(() => botStudio.telegram.received.length === 1);
    await bot.kill();
    await expireLease();
    botStudio.startBot();
    await eventually(() => answers(ADMIN, 'Запущено') === 1);
    await botStudio.settled();
    expect(await botStudio.runs()).toHaveLength(1);
    expect(botStudio.told.toasts()).toEqual(['Запущено: #1']);
  },
  LONG,
);

test('killed again and again while buttons are pressed: each run is asked for once, each press answered', async () => {
  botStudio = await stage();
  // As many runs as one caller may have open (D44).
  const weeks = Array.from({ length: 20 }, (_, index) => monday(index));
  const data: string[] = [];
  for (const week of weeks) data.push(await button(week));
  let kills = 0;
  let pressed = 0;
  while (pressed < data.length || kills < 6) {
    const bot = await child();
    await expireLease();
    const life = 200 + Math.random() * 700;
    const dies = performance.now() + life;
    while (performance.now() < dies) {
      if (pressed < data.length) {
        pressed += 1;
        botStudio.telegram.press(message(pressed), data[pressed - 1]!);
      }
      await new Promise((next) => setTimeout(next, 60));
    }
    // One that has ended three processes is answered with an apology, which is right for it and not what this is about.
    await eventually(async () => (await triesOfOpen()) < 3);
    await bot.kill();
    kills += 1;
  }
  await expireLease();
  botStudio.startBot();
  const left = async () => ({ unconfirmed: botStudio.telegram.unconfirmed(), runs: (await botStudio.runs()).length });
  const all = { unconfirmed: 0, runs: data.length };
  await eventually(async () => isDeepStrictEqual(await left(), all), 150).catch(async () => expect(await left()).toEqual(all));
  await botStudio.settled();
  const edits = botStudio.telegram.received
    .filter(({ method }) => method === 'editMessageText')
    .map(({ message_id }) => message_id);
  expect(new Set(edits).size).toBe(data.length);
  expect(edits.length - data.length).toBeLessThanOrEqual(kills);
  expect(new Set((await botStudio.runs()).map(({ run_key }) => run_key)).size).toBe(data.length);
}, 400_000);

test(
  'the database is away for a while: nothing is lost and the process lives on',
  async () => {
    botStudio = await stage();
    const gate = await gateTo(botStudio.database.url);
    await child({ DATABASE_URL: gate.url });
    await botStudio.awake();
    await gate.shut();
    botStudio.telegram.write(ADMIN, '/help');
    await new Promise((next) => setTimeout(next, 2_000));
    await gate.open();
    await eventually(() => answers(ADMIN, 'Что я умею') === 1);
  },
  LONG,
);

test(
  'a command that always fails is apologised for, and holds up nobody',
  async () => {
    botStudio = await stage();
    botStudio.startBot();
    await botStudio.awake();
    await botStudio.db.query(sql.unsafe`alter table schedules rename to elsewhere`);
    botStudio.telegram.write(ADMIN, '/pause daily');
    botStudio.telegram.write(ADMIN, '/help');
    await eventually(() => answers(ADMIN, 'Что я умею') === 1);
    await eventually(() => answers(ADMIN, 'У меня что-то сломалось') === 1);
    expect(botStudio.telegram.delivered(ADMIN).map((text) => /Что я умею|сломалось/.exec(text)?.[0])).toEqual([
      'Что я умею',
      'сломалось',
    ]);
    await botStudio.settled();
    const kept = await botStudio.db.one(sql.type(z.object({ tries: z.int(), done: z.boolean() }))`
    select tries, done_at is not null as done from bot_updates order by update_id limit 1`);
    expect(kept).toEqual({ tries: 4, done: true });
  },
  LONG,
);

test.each([
  ['a dropped connection', 'drop', 1],
  ['an answer that was lost', 'lost answer', 2],
  ['a flood', { retryAfter: 1 }, 1],
  ['a server in trouble', 500, 1],
  ['what is no Bot API', { html: 502 }, 1],
] as const)(
  '%s: the answer comes all the same',
  async (_what, trouble, times) => {
    botStudio = await stage();
    botStudio.startBot();
    await botStudio.awake();
    botStudio.telegram.answerChat(ADMIN, trouble);
    await botStudio.write(ADMIN, '/help');
    expect(answers(ADMIN, 'Что я умею')).toBe(times);
  },
  LONG,
);

test.each([400, 403] as const)(
  'an answer that is refused with %i is dropped, and the next one comes',
  async (refusal) => {
    botStudio = await stage();
    botStudio.startBot();
    await botStudio.awake();
    botStudio.telegram.answerChat(ADMIN, refusal);
    await botStudio.write(ADMIN, '/help');
    await botStudio.write(ADMIN, '/schedule');
    expect(botStudio.telegram.delivered(ADMIN)).toEqual([expect.stringContaining('Расписание')]);
  },
  LONG,
);
