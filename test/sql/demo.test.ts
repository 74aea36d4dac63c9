import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { type Database, sql } from '../../sql/database/database.ts';
import { type DemoSummary, isEmptyStudio, loadDemo } from '../../sql/demo/demo.ts';
import { type TestDatabase, testDatabase } from '../support/database.ts';

const TODAY = '2026-11-18';
const WEEK = { start: '2026-11-23', zone: 'Europe/Moscow' };

let database: TestDatabase;
let db: Database;
let summary: DemoSummary;
beforeAll(async () => {
  database = await testDatabase();
  db = database.db;
  summary = await loadDemo(db, { today: TODAY });
});
afterAll(() => database.close());

const count = (from: ReturnType<typeof sql.fragment>) =>
  db.oneFirst(sql.type(z.object({ count: z.int() }))`select count(*)::int as count from ${from}`);

/** Triggers write the time of the load into these. */
const STAMPED = [
  'slot_changes',
  'daily_figures_due',
  'bot_commanders',
  'rights_changes',
  'guardians',
  'changes_log',
  'demo_studio',
  'changes',
  'vending_owners',
  'vending_terminals',
  'vending_transactions',
  'stock_entries',
  'ingredients',
  'vending_tasks',
  'vending_task_items',
];

/** The name of each table with a digest of all its rows, but for what bears the time of the load. */
async function digests(seed: Database) {
  const tables = await seed.anyFirst(sql.type(z.object({ name: z.string() }))`
    select tablename as name from pg_tables where schemaname = 'public' and tablename <> all(${sql.array([...STAMPED], 'text')}) order by tablename`);
  return seed.any(
    sql.unsafe`${sql.join(
      tables.map(
        (table) => sql.fragment`
        select ${table} as table, md5(coalesce(string_agg(row::text, ';' order by row::text), '')) as digest
        from ${sql.identifier([table])} row`,
      ),
      sql.fragment` union all `,
    )} order by 1`,
  );
}

/** Runs `work` in an empty studio of its own. */
async function inEmptyStudio<T>(work: (empty: Database) => Promise<T>) {
  const other = await testDatabase();
  try {
    return await work(other.db);
  } finally {
    await other.close();
  }
}

describe('loading', () => {
  test('a second load is refused and changes nothing', async () => {
    const before = await digests(db);
    await expect(loadDemo(db, { today: TODAY })).rejects.toThrow(/already has users/);
    expect(await digests(db)).toEqual(before);
  });

  test('the same day gives the same rows', async () => {
    expect(await inEmptyStudio((empty) => loadDemo(empty, { today: TODAY }).then(() => digests(empty)))).toEqual(
      await digests(db),
    );
  });

  test('of two loads at once one is refused', async () => {
    const outcomes = await inEmptyStudio((empty) =>
      Promise.allSettled([loadDemo(empty, { today: TODAY }), loadDemo(empty, { today: TODAY })]),
    );
    expect(outcomes.map((outcome) => outcome.status).toSorted()).toEqual(['fulfilled', 'rejected']);
  });

  test('a studio is empty until it is loaded', async () => {
    expect(await inEmptyStudio(isEmptyStudio)).toBe(true);
    expect(await isEmptyStudio(db)).toBe(false);
  });
});

describe('the demo studio', () => {
  test('the summary counts the rows', async () => {
    expect(summary).toEqual({
      trainers: await count(sql.fragment`specialists`),
      templates: await count(sql.fragment`training_templates`),
      students: await count(sql.fragment`students`),
      families: await count(sql.fragment`(select distinct payer_id from students where payer_id <> id) payer`),
      subscriptions: await count(sql.fragment`student_subscriptions`),
      vending_terminals: 3,
      conflicts_planted: 1,
    });
  });

  test.each([
    ['whose studio it is', sql.fragment`company`, 1, 1],
    ['locations', sql.fragment`locations`, 2, 2],
    ['rooms', sql.fragment`rooms`, 4, 4],
    ['services that can be booked', sql.fragment`services`, 3, 3],
    ['who offers what', sql.fragment`specialist_services`, 18, 18],
    ['trainers', sql.fragment`specialists join user_roles on user_id = id and role = 'trainer'`, 6, 6],
    ['admins', sql.fragment`user_roles where role = 'admin'`, 1, 1],
    ['training types', sql.fragment`training_types`, 8, 9],
    ['types for subscribers only', sql.fragment`training_types where is_subscription_only`, 1, 2],
    ['templates', sql.fragment`training_templates where is_active`, 23, 28],
    ['days with templates', sql.fragment`(select distinct day_number from training_templates) day`, 7, 7],
    ['students', sql.fragment`students`, 190, 210],
    ['children', sql.fragment`students join users using (id) where phone is null and payer_id <> id`, 40, 90],
    [
      'payers who do not train',
      sql.fragment`users join user_roles on user_id = id and role = 'client'
      where id not in (select id from students) and id in (select payer_id from students)`,
      15,
      60,
    ],
    ['students without Telegram', sql.fragment`students join users using (id) where telegram_id is null`, 50, 150],
    ['people with notes', sql.fragment`users where notes is not null`, 10, 60],
    ['inactive people', sql.fragment`users where not is_active`, 0, 0],
    ['people without a role', sql.fragment`users where id not in (select user_id from user_roles)`, 0, 0],
    ['students without a payer', sql.fragment`students where payer_id is null or payer_id not in (select id from users)`, 0, 0],
    [
      'payers who are paid for',
      sql.fragment`students join students payer on payer.id = students.payer_id
      where payer.payer_id <> payer.id`,
      0,
      0,
    ],
    [
      'registrations older than a year, or to come',
      sql.fragment`students
      where registration_date not between ${TODAY}::date - 365 and ${TODAY}::date`,
      0,
      0,
    ],
    [
      'students with 1 to 3 templates',
      sql.fragment`(select from training_student_templates group by student_id
      having count(*) between 1 and 3) linked`,
      150,
      200,
    ],
    [
      'students with more',
      sql.fragment`(select from training_student_templates group by student_id having count(*) > 3) linked`,
      0,
      5,
    ],
    ['frozen links', sql.fragment`training_student_templates where is_frozen`, 5, 40],
    [
      'links that begin after the week',
      sql.fragment`training_student_templates where start_date > ${WEEK.start}::date + 6`,
      5,
      40,
    ],
    [
      'links older than their student',
      sql.fragment`training_student_templates link join students on students.id = student_id
      where start_date < registration_date`,
      0,
      0,
    ],
    ['catalogue', sql.fragment`subscriptions`, 4, 5],
    ['unlimited in the catalogue', sql.fragment`subscriptions where number_of_sessions is null`, 1, 3],
    ['holders', sql.fragment`(select distinct student_id from student_subscriptions) holder`, 115, 150],
    ['active', sql.fragment`student_subscriptions where status = 'active' and ${TODAY} between start_date and end_date`, 80, 130],
    [
      'ending within a week',
      sql.fragment`student_subscriptions where status = 'active' and end_date - ${TODAY}::date < 7`,
      10,
      30,
    ],
    ['on auto-renew', sql.fragment`student_subscriptions where is_auto_renew`, 20, 50],
    ['with 0 sessions', sql.fragment`student_subscriptions where status = 'active' and sessions_left = 0`, 3, 10],
    ['with 1 session', sql.fragment`student_subscriptions where status = 'active' and sessions_left = 1`, 3, 20],
    [
      'frozen for the whole week',
      sql.fragment`student_subscriptions where status = 'frozen' and freeze_start_date <= ${TODAY}
      and freeze_end_date >= ${WEEK.start}::date + 6 and end_date > freeze_end_date`,
      5,
      12,
    ],
    ['expired', sql.fragment`student_subscriptions where status = 'expired' and end_date < ${TODAY}`, 10, 25],
    ['over but not expired', sql.fragment`student_subscriptions where status <> 'expired' and end_date < ${TODAY}`, 0, 0],
    [
      'more sessions than bought',
      sql.fragment`student_subscriptions held join subscriptions kind on kind.id = subscription_id
      where (sessions_left is null) <> (number_of_sessions is null) or sessions_left > number_of_sessions`,
      0,
      0,
    ],
    [
      'held before registration',
      sql.fragment`student_subscriptions join students on students.id = student_id
      where start_date < registration_date`,
      0,
      0,
    ],
  ])('%s', async (_, from, least, most) => {
    const found = await count(from);
    expect(found).toBeGreaterThanOrEqual(least);
    expect(found).toBeLessThanOrEqual(most);
  });

  test('phones are fictitious and nobody shares one; only children have none', async () => {
    const people = await db.any(sql.type(z.object({ phone: z.string().nullable(), age: z.int().nullable() }))`
      select phone, extract(year from age(${TODAY}::date, birth_date))::int as age from users`);
    const phones = people.filter(({ phone }) => phone !== null).map(({ phone }) => phone);
    for (const phone of phones) expect(phone).toMatch(/^\+7900000\d{4}$/);
    expect(new Set(phones).size).toBe(phones.length);
    for (const { phone, age } of people) expect(phone === null).toBe(age !== null && age < 18);
  });

  test('surnames agree with the gender', async () => {
    const misfits = sql.fragment`users where last_name ~ case gender when 'female' then '(ов|ев|ёв|ин|ий|ой)$' else '(ова|ева|ёва|ина|ая)$' end`;
    expect(await count(misfits)).toBe(0);
  });
});
