import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { sql } from '../../sql/database/database.ts';
import type { Locale } from '../../sql/database/locale.ts';
import { at, inHours, salon } from '../bookings/salon.ts';
import { type Stage, stage } from './stage.ts';

/**
 * What a client, a guardian and a trainer read in each language, whole, as it is kept in `transcripts`. After texts have changed,
 * TRANSCRIPT=1 writes them anew: they are to be read before they are kept.
 */
let bot: Stage;
let post: Awaited<ReturnType<Stage['openDoor']>>;
let make: ReturnType<typeof salon>;
let service: number;
beforeAll(async () => {
  bot = await stage({ PUBLIC_URL: 'https://studio.example', STUDIO_LOCALE: 'en' });
  bot.startBot();
  post = await bot.openDoor();
  make = salon(bot.db);
  service = await make.service({ price: 250_000 });
  await bot.db.query(sql.unsafe`update services set name = 'Haircut' where id = ${service}`);
  const type = await make.type();
  await bot.db.query(sql.unsafe`update training_types set name = 'Karate' where id = ${type}`);
  await bot.awake();
});
afterAll(() => bot.close());

type Button = { text: string; callback_data?: string };
const rowsTo = (chat: number) =>
  (
    bot.telegram.received.filter(({ chat_id }) => chat_id === chat).at(-1)?.params.reply_markup as
      | { inline_keyboard?: Button[][] }
      | undefined
  )?.inline_keyboard ?? [];

/** Days and times are another's test: here they are alike at any hour of any day. A day is `DAY`, a time of it `TIME`. */
function timeless(words: string, locale: Locale): string {
  const tag = locale === 'en' ? 'en-GB' : locale;
  const days = Array.from({ length: 28 }, (_, place) => Date.now() + (place - 3) * 86_400_000).flatMap((day) =>
    (['long', 'short'] as const).flatMap((weekday) => {
      const options = { weekday, day: 'numeric', month: 'long', timeZone: 'Europe/Moscow' } as const;
      const shown = new Intl.DateTimeFormat(tag, options).format(day);
      return [shown, shown.replace(',', '')];
    }),
  );
  return days
    .toSorted((one, other) => other.length - one.length)
    .reduce((said, day) => said.replaceAll(day, 'DAY'), words)
    .replace(/\b\d\d[./]\d\d (?=\d\d:\d\d)/g, '')
    .replace(/\b\d\d:\d\d\b/g, 'TIME')
    .replace(/Centre \d+/g, 'Centre')
    .replace(/ +$/gm, '')
    .replace(/[\u00a0\u202f]/g, ' ');
}

/** One person's chat, written down. */
function chatOf(chat: number, lines: string[]) {
  const last = () => bot.telegram.received.filter(({ chat_id }) => chat_id === chat).at(-1);
  const note = () => {
    lines.push(...(last()?.text ?? '').split('\n').map((line) => `    ${line}`));
    const rows = rowsTo(chat);
    // The free starts of a day are as many as the day has left.
    const times = rows.flat().filter(({ callback_data: data }) => /^move_(at|day):/.test(data ?? ''));
    for (const row of rows) {
      if (row.some((button) => times.includes(button) && button !== times[0])) continue;
      lines.push(
        `      ${row
          .filter((button) => !times.includes(button) || button === times[0])
          .map(({ text }) => `[ ${text} ]`)
          .join(' ')}`,
      );
    }
  };
  return {
    async write(words: string) {
      lines.push('', `> ${words}`);
      await bot.write(chat, words);
      note();
    },
    /** @param label of a button of another day's list, which the latest message does not have */
    async press(data: string, label?: string) {
      const button = rowsTo(chat)
        .flat()
        .find(({ callback_data }) => callback_data === data);
      if (!label) expect([data, button?.text]).toEqual([data, expect.any(String)]);
      lines.push('', `> [${label ?? button?.text}]`);
      const told = bot.told.toasts().length;
      bot.telegram.press(last() ?? { chat_id: chat, message_id: 1, text: '' }, data, chat);
      await bot.settled();
      const toast = bot.told.toasts().slice(told).find(Boolean);
      if (toast) lines.push(`    (${String(toast)})`);
      else note();
    },
  };
}

let chats = 9_500;
async function person(id: number, name: string, locale: Locale) {
  chats += 1;
  await bot.db.query(
    sql.unsafe`update users set first_name = ${name}, last_name = '', telegram_id = ${chats}, locale = ${locale} where id = ${id}`,
  );
  return { id, chat: chats };
}
const takesPlace = async (training: number, student: number) =>
  expect((await post(`/real-trainings/${training}/students`, { student_id: student })).status).toBe(200);

test.each(['ru', 'uk', 'en'] as const)(
  'a client, a guardian and a trainer are spoken to in %s as it is written down',
  async (locale) => {
    const given = await make.specialist([service], { location: await make.location() });
    await bot.db.query(sql.unsafe`insert into user_roles values (${given}, 'trainer') on conflict do nothing`);
    await bot.db.query(sql.unsafe`update locations set name = 'Centre ' || id, address = '1 Main Street'`);
    const master = await person(given, 'Berta', locale);
    const anna = await person(await make.student(), 'Anna', locale);
    const boris = await person(await make.student(), 'Boris', locale);
    const mila = await person(await make.student(), 'Mila', locale);
    const lines: string[] = [];
    const part = (title: string) => lines.push(...(lines.length > 0 ? [''] : []), `== ${title}`);
    const booked = async (who: number, starts_at: string) => {
      const wish = { client_id: who, service_id: service, specialist_id: master.id, starts_at, pay_from: 'later' };
      const { status, body } = await post('/bookings', wish);
      expect(status).toBe(201);
      return (body as { id: number }).id;
    };
    const client = chatOf(anna.chat, lines);

    part('a late cancellation');
    const late = await booked(anna.id, inHours(5));
    await client.write('/next');
    await client.press(`booking:${late}`);
    await client.press(`cancel:${late}`);
    await client.press(`cancel_now:${late}.late`);

    part('moving');
    const moving = await booked(anna.id, at(6, '10:00'));
    await client.press('next:');
    await client.press(`booking:${moving}`);
    await client.press(`move:${moving}`);
    const day = `move_day:${moving}.${at(6, '12:00').slice(0, 10).replaceAll('-', '')}`;
    const start = (time: string, what = 'move_at') => `${what}:${moving}.${Date.parse(at(6, time)) / 60_000}`;
    await client.press(day);
    await client.press(start('14:00'));
    await make.booking({ client: boris.id, specialist: master.id, service, at: at(6, '14:00') });
    await client.press(start('14:00', 'move_to'));
    await client.press(start('12:00'));
    await client.press(start('12:00', 'move_to'));
    await post(`/bookings/${moving}/cancel`, { reason: 'plans' });

    part('a class, and a waitlist');
    const soon = await make.training({ trainer: (await person(await make.specialist([]), 'Vera', locale)).id, at: inHours(8) });
    const group = await make.training({ trainer: master.id, at: at(7, '18:00') });
    const full = await make.training({ trainer: master.id, at: at(8, '18:00') });
    await bot.db.query(sql.unsafe`update real_trainings set max_participants = 1 where id = ${full}`);
    for (const training of [soon, group]) await takesPlace(training, anna.id);
    await takesPlace(full, boris.id);
    expect((await post(`/real-trainings/${full}/waitlist`, { student_id: anna.id })).status).toBe(200);
    await client.write('/next');
    await client.press(`place:${soon}.${anna.id}`);
    await client.press(`leave:${soon}.${anna.id}`);
    await client.press(`leave_now:${soon}.${anna.id}.late`);
    await client.press('next:');
    await client.press(`place:${group}.${anna.id}`);
    await client.press(`leave:${group}.${anna.id}`);
    await client.press(`leave_now:${group}.${anna.id}.safe`);
    await client.press('next:');
    await client.press(`place:${full}.${anna.id}`);
    await client.press(`leave:${full}.${anna.id}`);
    await client.press(`leave_now:${full}.${anna.id}.unwait`);

    part('a guardian');
    await bot.db.query(sql.unsafe`update users set birth_date = current_date - 3650 where id = ${mila.id}`);
    await bot.db.query(sql.unsafe`insert into guardians (guardian_id, student_id) values (${anna.id}, ${mila.id})`);
    const hers = await booked(mila.id, at(9, '09:00'));
    await client.write('/next');
    await client.press(`booking:${hers}`);
    await client.press(`cancel:${hers}`);
    await client.press(`cancel_now:${hers}.safe`);

    part('a trainer’s day');
    const trainer = chatOf(master.chat, lines);
    await trainer.write('/start');
    // What stands far from now is today's at any hour.
    const isEarly = Date.now() < Date.parse(at(0, '12:00'));
    const today = await make.training({ trainer: master.id, at: at(0, isEarly ? '23:30' : '00:15'), minutes: 15 });
    await trainer.press('today:');
    await bot.db.query(sql.unsafe`delete from real_trainings where id = ${today}`);
    const begun = await make.training({ trainer: master.id, at: inHours(-0.5), minutes: 15 });
    for (const student of [anna.id, boris.id])
      await bot.db.query(sql.unsafe`
      insert into real_training_students (real_training_id, student_id, status) values (${begun}, ${student}, 'REGISTERED')`);
    const visit = await make.booking({ client: boris.id, specialist: master.id, service, at: inHours(-2), minutes: 60 });
    await trainer.press(`roster:${begun}`, 'TIME Karate');
    await trainer.press(`mark:${begun}.${anna.id}.1`);
    await trainer.press(`mark:${begun}.${anna.id}.0`);
    await trainer.press(`mark_all:${begun}`);
    await trainer.press(`visit:${visit}`, 'TIME Boris');
    await trainer.press(`close:${visit}.0`);
    await trainer.press(`close:${visit}.1`);

    const said = `${timeless(lines.join('\n'), locale)}\n`;
    const file = join('test/bot/transcripts', `${locale}.txt`);
    if (process.env.TRANSCRIPT) {
      if (!existsSync('test/bot/transcripts')) mkdirSync('test/bot/transcripts');
      writeFileSync(file, said);
    }
    expect(said).toBe(readFileSync(file, 'utf8'));
  },
);
