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
