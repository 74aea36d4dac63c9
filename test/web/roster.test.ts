import { afterAll, beforeAll, beforeEach, expect } from '@jest/globals';
import type { Page } from 'playwright-core';
import { instantOf } from '../../api/web/kit/zone.ts';
import { addDays, dayOf } from '../../queues/time/calendar.ts';
import { sql } from '../../sql/database/database.ts';
import { eventually } from '../support/eventually.ts';
import { personOf, type TestPerson } from '../support/people.ts';
import { studio } from '../support/studio.ts';
import { type ConsoleWorld, consoleWorld, inBrowser, tooWide, violations } from './browser.ts';

let world: ConsoleWorld;
let rows: ReturnType<typeof studio>;
let owner: TestPerson;
let day: string;
let training: number;

const today = () => dayOf(new Date(), world.api.fleet.settings.zone);
const dialog = (page: Page) => page.getByRole('dialog').last();
const press = (page: Page, name: string | RegExp) => dialog(page).getByRole('button', { name }).click();
const said = (page: Page, text: string | RegExp) => page.getByText(text).first().waitFor();
const roster = async () => (await world.api.get(`/real-trainings/${training}`)).body;
const statusOf = async (student: number) =>
  (await roster()).students.find((one: { student_id: number }) => one.student_id === student)?.status;
const isNow = (student: number, status: string) => eventually(async () => (await statusOf(student)) === status);
async function student(name: string) {
  const id = await rows.student();
  await world.api.db.query(sql.unsafe`update users set first_name = ${name}, last_name = 'Rostov' where id = ${id}`);
  return id;
}
async function pick(page: Page, name: string) {
  await dialog(page).getByLabel('Student').first().fill(name);
  await page
    .getByRole('option', { name: new RegExp(name) })
    .first()
    .click();
}
async function open(path: string, options: Parameters<ConsoleWorld['visit']>[0] = {}) {
  const page = await world.visit({ token: owner.token, ...options });
  await page.goto(path);
  await page.locator('.roster').waitFor();
  await page.locator('.rows[role=status]').first().waitFor({ state: 'detached' });
  return page;
}

beforeAll(async () => {
  if (!process.env.TEST_CHROMIUM) return;
  world = await consoleWorld();
  rows = studio(world.api.db);
  owner = await personOf(world.api, 'owner');
  day = addDays(today(), 9);
});
afterAll(() => world?.close());
beforeEach(async () => {
  if (!world) return;
  day = addDays(day, 1);
  const { body } = await world.api.post('/real-trainings', {
    training_type_id: await rows.type({ places: 2 }),
    trainer_id: await rows.trainer(),
    starts_at: instantOf(`${day}T10:00:00`, world.api.fleet.settings.zone),
  });
  training = body.id;
  world.complaints();
});

inBrowser(
  'a place is given and taken back, what pays is said; in a full training one waits, and may get a place out of turn',
  async () => {
    const [ada, bert, cyd, dora] = [await student('Ada'), await student('Bert'), await student('Cyd'), await student('Dora')];
    await rows.subscription({ student: ada, from: today(), to: addDays(day, 30) });
    const page = await open(`/console/day?date=${day}&training=${training}`);
    await page.getByRole('button', { name: 'Add somebody' }).click();
    await pick(page, 'Ada');
    await dialog(page)
      .getByText(/^A session of “Абонемент .*” pays for it; 8 are left\.$/)
      .waitFor();
    expect([await violations(page), await tooWide(page)]).toEqual([[], 0]);
    await press(page, 'Give a place');
    await said(page, 'Ada Rostov has a place and is told.');
    expect(await statusOf(ada)).toBe('REGISTERED');

    expect((await world.api.post(`/real-trainings/${training}/students`, { student_id: bert })).status).toBe(200);
    await page.getByRole('button', { name: 'More: Bert Rostov' }).waitFor();
    await page.getByRole('button', { name: 'Add somebody' }).click();
    await pick(page, 'Cyd');
    await said(page, 'The training is full: all 2 places are taken.');
    await press(page, 'Put on the waitlist');
    await said(page, 'Cyd Rostov waits, place 1.');
    expect((await world.api.post(`/real-trainings/${training}/waitlist`, { student_id: dora })).status).toBe(200);
    await page.getByRole('button', { name: 'Give a place: Dora Rostov' }).click();
    await dialog(page).getByText('1 person is before them in the line.').waitFor();
    await dialog(page).getByText('The training is full. It gets one place more: 3 in all.').waitFor();
    expect(await violations(page)).toEqual([]);
    await press(page, 'Give a place');
    await said(page, 'Dora Rostov has a place and is told.');
    expect([await statusOf(dora), await statusOf(cyd), (await roster()).max_participants]).toEqual(['REGISTERED', 'WAITLIST', 3]);

    await page.getByRole('button', { name: 'More: Ada Rostov' }).click();
    await page.getByText('Take out').first().click();
    await dialog(page)
      .getByText(/^Free until .*: nothing is charged\.$/)
      .waitFor();
    await dialog(page).getByLabel('Reason').fill('Has a cold');
    expect(await violations(page)).toEqual([]);
    await press(page, 'Take out');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await isNow(ada, 'CANCELLED_SAFE');
    await isNow(cyd, 'REGISTERED');
    expect(world.complaints()).toEqual([]);
  },
);

inBrowser(
  'on a phone a trial has its own price, a draft outlives a reload, and Undo brings the price of a place back',
  async () => {
    const eve = await student('Eve');
    const page = await open(`/console/day?date=${day}&training=${training}`, { viewport: { width: 390, height: 800 } });
    await page.getByRole('button', { name: 'Add somebody' }).click();
    await pick(page, 'Eve');
    await dialog(page)
      .getByText(/^No subscription covers this day: the place costs .*500/)
      .waitFor();
    await dialog(page).getByLabel('for a trial').check();
    await dialog(page).getByLabel('What the trial costs').fill('300');
    expect([await violations(page), await tooWide(page)]).toEqual([[], 0]);
    await page.reload();
    await page.getByRole('button', { name: 'Add somebody' }).click();
    expect(await dialog(page).getByLabel('What the trial costs').inputValue()).toBe('300');
    await press(page, 'Give a trial');
    await said(page, 'Eve Rostov comes for a trial.');
    const own = await world.api.db.oneFirst(sql.unsafe`
    select own_price_minor from real_training_students where real_training_id = ${training} and student_id = ${eve}`);
    expect(own).toBe(30_000);

    await page.getByRole('button', { name: /^A single place: .*500/ }).click();
    await dialog(page).getByLabel('Price').first().fill('700');
    await press(page, 'Save');
    await page.getByRole('button', { name: /^A single place: .*700/ }).waitFor();
    expect((await roster()).price_minor).toBe(70_000);
    await page.getByRole('button', { name: 'Undo' }).click();
    await page.getByRole('button', { name: /^A single place: .*500/ }).waitFor();
    expect((await roster()).price_minor).toBe(50_000);
    expect(world.complaints()).toEqual([]);
  },
);

inBrowser('a student who shows a code is checked in on the day list, and the history of marks says so', async () => {
  const visitor = await personOf(world.api, 'client');
  await world.api.db.query(sql.unsafe`update users set first_name = 'Fred', last_name = 'Rostov' where id = ${visitor.id}`);
  const now = new Date();
  training = Number(
    await world.api.db.oneFirst(sql.unsafe`
      insert into real_trainings (training_type_id, trainer_id, training_date, start_time, starts_at, ends_at, max_participants, price_minor)
      values (${await rows.type()}, ${await rows.trainer()}, ${today()}::date, '10:00', ${now.toISOString()}::timestamptz,
        ${now.toISOString()}::timestamptz + interval '1 hour', 10, 0) returning id`),
  );
  await world.api.db.query(sql.unsafe`
    insert into real_training_students (real_training_id, student_id, status) values (${training}, ${visitor.id}, 'REGISTERED')`);
  const { body: code } = await visitor.ask('POST', '/me/check-in-code', {});
  const page = await open(`/console/day?training=${training}`);
  await page.getByLabel('Check-in code').fill('000000');
  await page.getByRole('button', { name: 'Check in' }).click();
  await said(page, /^This code is used up or older than two minutes/);
  await page.getByLabel('Check-in code').fill(code.digits);
  await page.getByRole('button', { name: 'Check in' }).click();
  await said(page, /^Fred Rostov is here: /);
  await isNow(visitor.id, 'PRESENT');
  await page.getByRole('button', { name: 'More: Fred Rostov' }).click();
  await page.getByText('History of marks').first().click();
  await dialog(page).getByText('Somebody (owner)', { exact: false }).waitFor();
  await dialog(page).getByText('by check-in code', { exact: false }).waitFor();
  expect(await violations(page)).toEqual([]);
});
