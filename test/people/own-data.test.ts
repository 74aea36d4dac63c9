import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { z } from 'zod';
import { sql } from '../../sql/database/database.ts';
import { inHours, salon } from '../bookings/salon.ts';
import { inDays } from '../support/days.ts';
import { type Json, type TestApi, testApi } from '../support/front-door.ts';
import { personOf } from '../support/people.ts';

let api: TestApi;
let make: ReturnType<typeof salon>;
beforeAll(async () => {
  api = await testApi();
  make = salon(api.db);
});
afterAll(() => api.close());

const run = (query: ReturnType<typeof sql.unsafe>) => api.db.query(query);
type Words = readonly [first: string, last: string, phone: string | null, email: string | null];
const called = (id: number, ...[first, last, phone, email]: Words) =>
  run(
    sql.unsafe`update users set first_name = ${first}, last_name = ${last}, phone = ${phone}, email = ${email} where id = ${id}`,
  );
const told = (user: number, params: Json) =>
  run(sql.unsafe`
    insert into notifications (user_id, template, params, dedupe_key) values (${user}, 'studio_wrote', ${sql.jsonb(params)}, ${`own data ${Math.random()}`})`);
const dataOf = async (id: number) => JSON.stringify((await api.get(`/api/people/${id}/data`)).body.tables);

const WORDS = {
  parent: ['Ольга', 'Берёзкина', '+79160001101', 'olga.b@x.example'],
  child: ['Аня', 'Берёзкина', null, null],
  other: ['Жан-Люк', 'де Ла Крус', '+79160001102', 'jl@x.example'],
  trainer: ['Пётр', 'Сидоренко', '+79160001103', null],
} as const satisfies Record<string, Words>;

test('where people share a training, a family and messages, each one’s file names that one and nobody else (R31)', async () => {
  const ids = {
    parent: (await personOf(api, 'client')).id,
    child: await make.student(),
    other: await make.student(),
    trainer: await make.specialist([]),
  };
  for (const [who, words] of Object.entries<Words>(WORDS)) await called(ids[who as keyof typeof ids], ...words);
  await run(sql.unsafe`update students set payer_id = ${ids.parent} where id = ${ids.child}`);
  await run(
    sql.unsafe`insert into guardians (guardian_id, student_id) values (${ids.parent}, ${ids.child}) on conflict do nothing`,
  );
  await make.type();
  const training = await make.training({ trainer: ids.trainer, at: inHours(-30) });
  for (const id of [ids.child, ids.other])
    await run(sql.unsafe`
      insert into real_training_students (real_training_id, student_id, status, mark_notes)
      values (${training}, ${id}, 'PRESENT', 'в паре: Аня Берёзкина и Жан-Люк де Ла Крус, ведёт Сидоренко Пётр')`);
  await run(sql.unsafe`
    insert into invoices (payer_id, student_id, type, amount_minor, due_date) values (${ids.parent}, ${ids.child}, 'SUBSCRIPTION', 3000, ${inDays(5)}::date)`);
  const all = {
    student: 'Аня Берёзкина',
    trainer: 'Пётр Сидоренко',
    text: 'Берёзкина Ольга (+79160001101, olga.b@x.example), ЖАН-ЛЮК  ДЕ ЛА КРУС: 79160001102 и jl@x.example; Сидоренко Пётр +79160001103',
    lists: [{ name: 'Жан-Люк де Ла Крус' }, ['Аня Берёзкина']],
  };
  for (const id of Object.values(ids)) {
    await told(id, all);
    await api.post(`/api/people/${id}/notes`, {
      note: 'Знакомы: Берёзкина Аня, Ольга Берёзкина, Жан-Люк де Ла Крус, Пётр Сидоренко',
    });
  }
  const marks = {
    parent: [/ольга\s+берёзкина|берёзкина\s+ольга/i, /79160001101/, /olga\.b@/i],
    child: [/аня\s+берёзкина|берёзкина\s+аня/i],
    other: [/жан-люк\s+де\s+ла\s+крус/i, /79160001102/, /jl@x/i],
    trainer: [/п[её]тр\s+сидоренко|сидоренко\s+п[её]тр/i, /79160001103/],
  };
  for (const [who, id] of Object.entries(ids)) {
    const file = await dataOf(id);
    for (const [whose, patterns] of Object.entries(marks))
      for (const pattern of patterns)
        expect({ who, pattern, isThere: pattern.test(file) }).toEqual({ who, pattern, isThere: who === whose });
    for (const [whose, number] of Object.entries(ids)) if (whose !== who) expect(file).toContain(`#${number}`);
  }
});

test.each<[string, Words, ...string[]]>([
  ['has two blanks', ['Анна  Мария', 'ван  Дам', null, null], 'Анна  Мария ван  Дам', 'Анна Мария ван Дам', 'ван Дам Анна Мария'],
  ['is of five words and more', ['Мария Хосе', 'де ла Крус и Вега', null, null], 'Мария Хосе де ла Крус и Вега'],
  ['has brackets', ['Ира (мама Пети)', 'Громова', null, null], 'Ира (мама Пети) Громова', 'Громова Ира (мама Пети)'],
  ['has an apostrophe and a stroke', ["Дар'я-Софія", "О'Нил", null, null], "ДАР'Я-СОФІЯ О'НИЛ"],
  ['is all in the first name', ['Лев Абрамович Гуревич', '', null, null], 'Лев Абрамович Гуревич'],
  ['has an e-mail with a plus', ['Ян', 'Б', null, 'yan.b+karate@x.example'], 'yan.b+karate@x.example', 'Yan.B+Karate@x.example'],
])('somebody whose name %s is in nobody else’s data', async (_what, words, ...written) => {
  const [one, other] = [await make.student(), await make.student()];
  await called(one, 'Вера', 'Тихонова', null, null);
  await called(other, ...words);
  await told(one, { text: written.map((name) => `Были ${name}, и (${name}).`).join(' ') });
  const { notifications } = (await api.get(`/api/people/${one}/data`)).body.tables;
  expect(notifications[0].params.text).toBe(written.map(() => `Были #${other}, и (#${other}).`).join(' '));
});

test('a name in Telegram is in nobody else’s data, and of two names that begin alike it is the longer', async () => {
  const [one, other, longer] = [await make.student(), await make.student(), await make.student()];
  await called(one, 'Инна', 'Седова', null, null);
  await run(sql.unsafe`update users set telegram_username = 'red_fox' where id = ${one}`);
  await called(other, 'Олег', 'Седов', null, null);
  await run(sql.unsafe`update users set telegram_username = 'grey_wolf' where id = ${other}`);
  await called(longer, 'Олег', 'Седов-Петров', null, null);
  await told(one, {
    text: 'Пишите @grey_wolf или t.me/Grey_Wolf, не grey_wolf2. Олег Седов и Олег Седов-Петров. Я @red_fox.',
    username: 'grey_wolf',
  });
  const { notifications } = (await api.get(`/api/people/${one}/data`)).body.tables;
  expect(notifications[0].params).toEqual({
    text: `Пишите @#${other} или t.me/#${other}, не grey_wolf2. #${other} и #${longer}. Я @red_fox.`,
    username: `#${other}`,
  });
});

test('one’s own longer name is not cut by another’s that it begins with', async () => {
  const [one, other] = [await make.student(), await make.student()];
  await called(one, 'Зоя', 'Лось-Белова', null, null);
  await called(other, 'Зоя', 'Лось', null, null);
  await told(one, { text: 'Зоя Лось-Белова и Зоя Лось' });
  expect(await dataOf(one)).toContain(`"text":"Зоя Лось-Белова и #${other}"`);
});

test('a namesake’s name is one’s own, and a common word is nobody’s name', async () => {
  const [one, namesake, word] = [await make.student(), await make.student(), await make.student()];
  await called(one, 'Вера', 'Тихонова', '+79160001201', null);
  await called(namesake, 'Вера', 'Тихонова', '+79160001202', null);
  await called(word, 'Завтра', '', null, null);
  await told(one, { text: 'Вера Тихонова, Завтра занятие. Звоните: +79160001202', name: 'Завтра' });
  const { notifications } = (await api.get(`/api/people/${one}/data`)).body.tables;
  expect(notifications.map(({ params }: Json) => params)).toEqual([
    { text: `Вера Тихонова, Завтра занятие. Звоните: #${namesake}`, name: `#${word}` },
  ]);
});

test('a file of thousands of words is made at once, whoever they name', async () => {
  const id = await make.student();
  await run(sql.unsafe`
    insert into users (first_name, last_name, phone) select 'Имя' || n, 'Фамилия' || n, '+7999' || lpad(n::text, 7, '0') from generate_series(1, 3000) n`);
  await run(sql.unsafe`
    insert into notifications (user_id, template, params, dedupe_key)
    select ${id}, 'studio_wrote', jsonb_build_object('text', 'Фамилия' || n || ' Имя' || n || ' +7999' || lpad(n::text, 7, '0')), 'many ' || n
    from generate_series(1, 3000) n`);
  const file = await dataOf(id);
  expect(file).not.toMatch(/Фамилия\d|Имя\d|\+7999/);
  const first = await api.db.oneFirst(sql.type(z.object({ id: z.int() }))`select id from users where last_name = 'Фамилия1'`);
  expect(file).toContain(`"text":"#${first} #${first}"`);
});
