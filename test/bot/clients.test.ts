import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { sql } from '../../sql/database/database.ts';
import type { Locale } from '../../sql/database/locale.ts';
import { text } from '../../workers/notifier/texts/texts.ts';
import { at, inHours, salon } from '../bookings/salon.ts';
import type { Received } from '../support/telegram.ts';
import { GROUP, type Stage, stage } from './stage.ts';

let bot: Stage;
let post: Awaited<ReturnType<Stage['openDoor']>>;
let make: ReturnType<typeof salon>;
let service: number;
let master: number;
const MASTER = 8_001;
let chats = 8_100;

beforeAll(async () => {
  bot = await stage({ PUBLIC_URL: 'https://studio.example', STUDIO_LOCALE: 'ru' });
  bot.startBot();
  post = await bot.openDoor();
  make = salon(bot.db);
  service = await make.service({ price: 250_000 });
  await bot.db.query(sql.unsafe`update services set name = 'Haircut' where id = ${service}`);
  master = await make.specialist([service], { location: await make.location() });
  await bot.db.query(
    sql.unsafe`update users set first_name = 'Berta', last_name = '', telegram_id = ${MASTER}, locale = 'en' where id = ${master}`,
  );
  await bot.db.query(sql.unsafe`insert into user_roles values (${master}, 'trainer') on conflict do nothing`);
  await make.type();
  await bot.awake();
});
afterAll(() => bot.close());

type Client = { id: number; chat: number };
async function client(name: string, locale: Locale = 'en'): Promise<Client> {
  const id = await make.student();
  chats += 1;
  await bot.db.query(
    sql.unsafe`update users set first_name = ${name}, last_name = '', telegram_id = ${chats}, locale = ${locale} where id = ${id}`,
  );
  return { id, chat: chats };
}
async function booked({ id }: Pick<Client, 'id'>, starts_at: string, pay_from = 'later'): Promise<number> {
  const wish = { client_id: id, service_id: service, specialist_id: master, starts_at, pay_from };
  const { status, body } = await post('/bookings', wish);
  expect(status).toBe(201);
  return (body as { id: number }).id;
}
const stateOf = (id: number) =>
  bot.db.one(
    sql.type(z.object({ status: z.string(), starts_at: z.string() }))`select status, starts_at from bookings where id = ${id}`,
  );
const seatOf = (training: number, student: number) =>
  bot.db.maybeOneFirst(sql.type(z.object({ status: z.string() }))`
    select status from real_training_students where real_training_id = ${training} and student_id = ${student}`);

type Button = { text: string; callback_data?: string; web_app?: { url: string } };
const buttonsOf = (message: Received | undefined) =>
  ((message?.params.reply_markup as { inline_keyboard?: Button[][] } | undefined)?.inline_keyboard ?? []).flat();
const lastTo = (chat: number) => bot.telegram.received.filter(({ chat_id }) => chat_id === chat).at(-1);
const offered = (chat: number) => buttonsOf(lastTo(chat)).flatMap(({ callback_data: data }) => (data ? [data] : []));
/** Presses a button that the latest message offers, by what it does. */
async function press(chat: number, data: string) {
  expect(offered(chat)).toContain(data);
  await pressAny(chat, data);
  return lastTo(chat)?.text ?? '';
}
/** Presses what was never offered. Returns the line that is shown. */
async function pressAny(chat: number, data: string) {
  bot.telegram.press(lastTo(chat) ?? { chat_id: chat, message_id: 1, text: '' }, data, chat);
  await bot.settled();
  return bot.told.toasts().at(-1);
}
const write = async (chat: number, words: string) => {
  await bot.write(chat, words);
  return lastTo(chat)?.text ?? '';
};

describe('/start', () => {
  test('greets a client with what they can ask, and a button for the Mini App', async () => {
    const { chat } = await client('Anna');
    expect(await write(chat, '/start')).toBe(
      'Hello, Anna! Your messages come here.\n\n/next — what is ahead\n/balance — my balance\n/subscriptions — subscriptions and sessions left',
    );
    expect(offered(chat)).toEqual(['next:', 'balance:', 'subscriptions:']);
    expect(buttonsOf(lastTo(chat)).at(-1)).toEqual({ text: 'Open the app', web_app: { url: 'https://studio.example/app' } });
    const sets = bot.telegram.called.filter(({ params }) => (params.scope as { chat_id?: number } | undefined)?.chat_id === chat);
    const commands = sets.at(-1)?.params.commands as { command: string }[] | undefined;
    expect(commands?.map(({ command }) => command)).toEqual(['next', 'balance', 'subscriptions']);
    const button = bot.telegram.called.find(
      ({ method, params }) => method === 'setChatMenuButton' && Number(params.chat_id) === chat,
    );
    expect(button?.params.menu_button).toMatchObject({ type: 'web_app', web_app: { url: 'https://studio.example/app' } });
  });

  test('shows a trainer their day first, and an admin what admins can do', async () => {
    expect(await write(MASTER, '/start')).toContain('/today — my day, and who came');
    expect(offered(MASTER)[0]).toBe('today:');
    expect(await write(1001, '/start')).toContain('/run daily');
    expect(buttonsOf(lastTo(1001)).at(-1)?.web_app?.url).toBe('https://studio.example/app');
  });
});

test.each([
  ['ru', 'Впереди ничего нет.', /^Ваш баланс: 0\s₽$/, 'Действующих абонементов нет.'],
  ['uk', 'Попереду нічого немає.', /^Ваш баланс: 0\s₽|^Ваш баланс: 0\sRUB$/, 'Чинних абонементів немає.'],
  ['en', 'Nothing is ahead.', /^Your balance: RUB\s0$/, 'There is no subscription just now.'],
] as const)('a newcomer is answered in %s', async (locale, next, balance, subscriptions) => {
  const { chat } = await client('Anna', locale);
  expect(await write(chat, '/next')).toBe(next);
  expect(await write(chat, '/balance')).toMatch(balance);
  expect(await write(chat, '/subscriptions')).toBe(subscriptions);
});

test('balance and sessions left', async () => {
  const { id, chat } = await client('Anna');
  await make.money(id, 123_400);
  await make.subscription({ student: id, from: at(-5, '00:00').slice(0, 10), to: at(20, '12:00').slice(0, 10), left: 3 });
  expect(await write(chat, '/balance')).toMatch(/^Your balance: RUB\s1,234$/);
  expect(await press(chat, 'subscriptions:')).toMatch(/^Subscriptions\nАбонемент \d+ · 3 sessions left · until \d+ \w+$/);
});

test('a booking says where it is, what was taken off its price, and why', async () => {
  const who = await client('Anna');
  await bot.db.query(sql.unsafe`update booking_rules set fitting_percent = 10`);
  const id = await booked(who, at(7, '09:00'));
  await bot.db.query(sql.unsafe`update booking_rules set fitting_percent = 0`);
  await bot.db.query(sql.unsafe`
    insert into client_discounts (client_id, kind, amount_minor) values (${who.id}, 'fixed', 50000)`);
  const other = await booked(who, at(7, '15:00'));
  await write(who.chat, '/next');
  await bot.db.query(sql.unsafe`update locations set name = 'Centre', address = '1 Main Street'`);
  expect(await press(who.chat, `booking:${id}`)).toMatch(
    /Where: Centre, 1 Main Street\nPrice: RUB.2,250\nYour discount: RUB.250, the time fits our day best/,
  );
  await press(who.chat, 'next:');
  expect(await press(who.chat, `booking:${other}`)).toMatch(/Price: RUB.2,000\nYour discount: RUB.500(\n|$)/);
});

test.each([
  ['ru', /Отменить бесплатно можно до .+\n2\s500\s₽ верн/, 'Отменено бесплатно.'],
  ['uk', /Скасувати безкоштовно можна до .+\n2\s500\s(₽|RUB) поверн/, 'Скасовано безкоштовно.'],
  ['en', /Cancelling is free until .+\nRUB\s2,500 go back to your balance\./, 'Cancelled, for free.'],
] as const)('a booking is cancelled in time by a button, and what that means is said before (%s)', async (locale, said, done) => {
  const who = await client('Anna', locale);
  await make.money(who.id, 250_000);
  const id = await booked(who, at({ ru: 3, uk: 4, en: 5 }[locale], '09:00'), 'wallet');
  expect(await write(who.chat, '/next')).toContain('Haircut');
  expect(await press(who.chat, `booking:${id}`)).toContain('Berta');
  expect(await press(who.chat, `cancel:${id}`)).toMatch(said);
  expect((await stateOf(id)).status).toBe('CONFIRMED');
  expect(await press(who.chat, `cancel_now:${id}.safe`)).toMatch(new RegExp(`^${done}\n\nHaircut\n`));
  expect((await stateOf(id)).status).toBe('CANCELLED');
  const button = text(locale, 'bot.button.next');
  expect(buttonsOf(lastTo(who.chat)).map(({ text: label }) => label)).toEqual([button]);
  await pressAny(who.chat, `cancel_now:${id}.safe`);
  expect(await press(who.chat, 'next:')).toBe(text(locale, 'bot.next.none'));
  await pressAny(who.chat, 'balance:');
  expect(lastTo(who.chat)?.text).toMatch(/2[\s,]500/);
});

test('a late cancellation says what is kept, and one that became late meanwhile is said anew', async () => {
  const who = await client('Anna');
  const id = await booked(who, inHours(5));
  await write(who.chat, '/next');
  await press(who.chat, `booking:${id}`);
  expect(await press(who.chat, `cancel:${id}`)).toMatch(
    /can no longer be cancelled for free\.\nRUB\s2,500 are still to be paid\.$/,
  );
  expect(offered(who.chat)).toContain(`cancel_now:${id}.late`);
  await pressAny(who.chat, `cancel_now:${id}.safe`);
  expect([lastTo(who.chat)?.text, (await stateOf(id)).status]).toEqual([
    expect.stringContaining('Please read once more'),
    'CONFIRMED',
  ]);
  expect(await press(who.chat, `cancel_now:${id}.late`)).toContain('too late for it to be free');
  expect((await stateOf(id)).status).toBe('CANCELLED');
});

test('a booking moves by buttons to a free start, and never onto another’s', async () => {
  const [who, other] = [await client('Anna'), await client('Boris')];
  const id = await booked(who, at(6, '10:00'));
  await write(who.chat, '/next');
  await press(who.chat, `booking:${id}`);
  await press(who.chat, `move:${id}`);
  const day = at(6, '12:00').slice(0, 10).replaceAll('-', '');
  await press(who.chat, `move_day:${id}.${day}`);
  const start = (what: string, time: string) => `${what}:${id}.${Date.parse(at(6, time)) / 60_000}`;
  const to = (time: string) => start('move_to', time);
  expect(offered(who.chat)).toContain(start('move_at', '10:30'));
  expect(offered(who.chat)).not.toContain(start('move_at', '10:00'));
  const asked = await press(who.chat, start('move_at', '12:00'));
  expect(asked).toMatch(/New time: .+12:00\nCancelling is free until /);
  expect(offered(who.chat)).toContain(to('12:00'));
  expect(await stateOf(id)).toMatchObject({ starts_at: at(6, '10:00') });
  await booked(other, at(6, '12:00'));
  expect(await press(who.chat, to('12:00'))).toMatch(/^This time could not be had any more; your booking stays/);
  expect(await stateOf(id)).toMatchObject({ starts_at: at(6, '10:00') });
  expect(offered(who.chat)).not.toContain(start('move_at', '12:00'));
  await press(who.chat, start('move_at', '10:30'));
  expect(await press(who.chat, to('10:30'))).toMatch(/^Moved\./);
  expect(await stateOf(id)).toMatchObject({ starts_at: at(6, '10:30'), status: 'CONFIRMED' });
});

test('moved late, a booking can no longer be cancelled for free, and that is said of each new start', async () => {
  const who = await client('Anna');
  const id = await booked(who, inHours(5));
  await write(who.chat, '/next');
  await press(who.chat, `booking:${id}`);
  await press(who.chat, `move:${id}`);
  await press(who.chat, `move_day:${id}.${at(5, '12:00').slice(0, 10).replaceAll('-', '')}`);
  const said = await press(who.chat, `move_at:${id}.${Date.parse(at(5, '12:00')) / 60_000}`);
  expect(said).toContain('Moved there, it can no longer be cancelled for free.');
  expect(said).not.toContain('Cancelling is free');
});

test('a place in a class is given up, and the waitlist is left', async () => {
  const who = await client('Anna');
  const training = await make.training({ trainer: master, at: at(7, '18:00') });
  const full = await make.training({ trainer: master, at: at(8, '18:00') });
  await bot.db.query(sql.unsafe`update real_trainings set max_participants = 1 where id = ${full}`);
  const other = await client('Boris');
  for (const [one, student] of [
    [training, who.id],
    [full, other.id],
  ])
    expect((await post(`/real-trainings/${one}/students`, { student_id: student })).status).toBe(200);
  expect((await post(`/real-trainings/${full}/waitlist`, { student_id: who.id })).status).toBeLessThan(300);
  expect(await write(who.chat, '/next')).toContain('on the waitlist');
  await press(who.chat, `place:${training}.${who.id}`);
  expect(await press(who.chat, `leave:${training}.${who.id}`)).toMatch(/Cancelling is free until .+\nNothing is charged\./);
  expect(await press(who.chat, `leave_now:${training}.${who.id}.safe`)).toMatch(/^Cancelled, for free\./);
  expect(await seatOf(training, who.id)).toBe('CANCELLED_SAFE');
  await write(who.chat, '/next');
  await press(who.chat, `place:${full}.${who.id}`);
  await press(who.chat, `leave:${full}.${who.id}`);
  await press(who.chat, `leave_now:${full}.${who.id}.unwait`);
  expect(await seatOf(full, who.id)).not.toBe('WAITLIST');
});

test('a guardian sees the children’s visits with their names, and cancels them', async () => {
  const [parent, child] = [await client('Vera'), await client('Mila')];
  await bot.db.query(sql.unsafe`update users set birth_date = current_date - 3650 where id = ${child.id}`);
  await bot.db.query(sql.unsafe`insert into guardians (guardian_id, student_id) values (${parent.id}, ${child.id})`);
  const id = await booked(child, at(9, '09:00'));
  expect(await write(parent.chat, '/next')).toMatch(/Haircut · Mila$/);
  expect(await press(parent.chat, `booking:${id}`)).toContain('For: Mila');
  await press(parent.chat, `cancel:${id}`);
  await press(parent.chat, `cancel_now:${id}.safe`);
  expect((await stateOf(id)).status).toBe('CANCELLED');
});

test('buttons forged for what is another’s are refused, and nothing is shown or done', async () => {
  const [who, thief] = [await client('Anna'), await client('Boris')];
  const id = await booked(who, at(10, '09:00'));
  const training = await make.training({ trainer: master, at: at(10, '18:00') });
  expect((await post(`/real-trainings/${training}/students`, { student_id: who.id })).status).toBe(200);
  const forged = [
    `booking:${id}`,
    `cancel:${id}`,
    `cancel_now:${id}.safe`,
    `move:${id}`,
    `move_day:${id}.${at(10, '12:00').slice(0, 10).replaceAll('-', '')}`,
    `move_at:${id}.${Date.parse(at(10, '12:00')) / 60_000}`,
    `move_to:${id}.${Date.parse(at(10, '12:00')) / 60_000}`,
    `place:${training}.${who.id}`,
    `leave:${training}.${who.id}`,
    `leave_now:${training}.${who.id}.safe`,
  ];
  for (const data of forged) {
    const before = bot.telegram.received.length;
    expect([data, await pressAny(thief.chat, data)]).toEqual([data, 'There is no such visit of yours.']);
    expect(bot.telegram.received).toHaveLength(before);
  }
  const staffOnly = [
    `roster:${training}`,
    `mark:${training}.${who.id}.1`,
    `mark_all:${training}`,
    `visit:${id}`,
    `close:${id}.1`,
    'today:',
  ];
  for (const data of staffOnly)
    expect([data, await pressAny(thief.chat, data)]).toEqual([data, expect.stringMatching(/not for you/)]);
  // Nor may whoever gives it cancel it in the client's name.
  for (const data of [`cancel_now:${id}.safe`, `leave_now:${training}.${who.id}.safe`])
    expect(await pressAny(MASTER, data)).toBe('There is no such visit of yours.');
  expect(await stateOf(id)).toMatchObject({ status: 'CONFIRMED', starts_at: at(10, '09:00') });
  expect(await seatOf(training, who.id)).toBe('REGISTERED');
});

test('a person’s own affairs are not shown in a group', async () => {
  await bot.write(GROUP, '/balance', MASTER);
  expect(bot.told.last(GROUP)).toBe('Это только для личного чата со мной: здесь читают и другие.');
});

test('a trainer’s day: who came is marked by buttons, of one’s own trainings alone', async () => {
  const [one, two] = [await client('Anna'), await client('Boris')];
  const training = await make.training({ trainer: master, at: inHours(0.5) });
  const theirs = await make.training({ trainer: await make.specialist([]), at: inHours(0.5) });
  for (const student of [one.id, two.id])
    expect((await post(`/real-trainings/${training}/students`, { student_id: student })).status).toBe(200);
  expect((await post(`/real-trainings/${theirs}/students`, { student_id: one.id })).status).toBe(409);
  await write(MASTER, '/today');
  const isToday = offered(MASTER).includes(`roster:${training}`);
  // Half an hour before midnight it is tomorrow's.
  if (isToday) await press(MASTER, `roster:${training}`);
  else await pressAny(MASTER, `roster:${training}`);
  expect(offered(MASTER)).toEqual([
    `mark:${training}.${one.id}.1`,
    `mark:${training}.${two.id}.1`,
    `mark_all:${training}`,
    'today:',
  ]);
  await press(MASTER, `mark:${training}.${one.id}.1`);
  expect(await seatOf(training, one.id)).toBe('PRESENT');
  await press(MASTER, `mark:${training}.${one.id}.0`);
  expect(await seatOf(training, one.id)).toBe('ABSENT');
  await press(MASTER, `mark_all:${training}`);
  expect([await seatOf(training, one.id), await seatOf(training, two.id)]).toEqual(['ABSENT', 'PRESENT']);
  expect(buttonsOf(lastTo(MASTER)).map(({ text: label }) => label)).toEqual(['❌ Anna', '✅ Boris', 'My day']);
  expect(await pressAny(MASTER, `roster:${theirs}`)).toBe('There is no such visit of yours.');
  const later = await make.training({ trainer: master, at: at(11, '10:00') });
  expect((await post(`/real-trainings/${later}/students`, { student_id: one.id })).status).toBe(200);
  expect(await pressAny(MASTER, `mark:${later}.${one.id}.1`)).toMatch(/^This cannot be marked now/);
  expect(await seatOf(later, one.id)).toBe('REGISTERED');
});

test('a trainer notes what became of a visit once it has begun', async () => {
  const who = await client('Anna');
  const id = await make.booking({ client: who.id, specialist: master, service, at: inHours(-2) });
  await pressAny(MASTER, `visit:${id}`);
  await press(MASTER, `close:${id}.0`);
  expect((await stateOf(id)).status).toBe('NO_SHOW');
  await press(MASTER, `close:${id}.1`);
  expect((await stateOf(id)).status).toBe('COMPLETED');
});
