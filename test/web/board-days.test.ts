import { afterAll, beforeAll, expect } from '@jest/globals';
import type { Page } from 'playwright-core';
import { instantOf } from '../../api/web/kit/zone.ts';
import { addDays, dayOf } from '../../queues/time/calendar.ts';
import { sql } from '../../sql/database/database.ts';
import { salon } from '../bookings/salon.ts';
import { eventually } from '../support/eventually.ts';
import { personOf, type TestPerson } from '../support/people.ts';
import { studio } from '../support/studio.ts';
import { type ConsoleWorld, consoleWorld, inBrowser, tooWide, violations } from './browser.ts';

let world: ConsoleWorld;
let make: ReturnType<typeof studio>;
let owner: TestPerson;
/** The middle of a month to come, on which the demo has nothing; three weeks later is another month. */
let day: string;

beforeAll(async () => {
  if (!process.env.TEST_CHROMIUM) return;
  world = await consoleWorld();
  make = studio(world.api.db);
  owner = await personOf(world.api, 'owner');
  const later = addDays(dayOf(new Date(), world.api.fleet.settings.zone), 40);
  day = `${later.slice(0, 8)}15`;
});
afterAll(() => world?.close());

const at = (clock: string, on = day) => instantOf(`${on}T${clock}:00`, world.api.fleet.settings.zone);
const dialog = (page: Page) => page.getByRole('dialog').last();
async function training(trainer: number, clock: string, on = day): Promise<number> {
  const { status, body } = await world.api.post('/real-trainings', {
    training_type_id: await make.type(),
    trainer_id: trainer,
    starts_at: at(clock, on),
  });
  expect({ status, detail: body?.detail }).toEqual({ status: 201, detail: undefined });
  return body.id;
}
async function open(query: string, { person = owner, width = 1400, height = 1000 } = {}) {
  const page = await world.visit({ token: person.token, viewport: { width, height }, timezoneId: 'Asia/Tokyo' });
  await page.goto(`/console/?date=${day}${query}`);
  await page.locator('[data-day], [data-entry], [data-column]').first().waitFor();
  return page;
}
const trainerOf = async (id: number) => (await world.api.get(`/real-trainings/${id}`)).body.trainer_id;
const choose = async (page: Page, label: string | RegExp, option: string | RegExp) => {
  await dialog(page).getByLabel(label).first().click({ force: true });
  await page.getByRole('option', { name: option }).first().click();
};

inBrowser('a month counts its days and says which are closed; keys go from day to day, and Enter opens one', async () => {
  const trainer = await make.trainer();
  await training(trainer, '10:00');
  await training(trainer, '12:00');
  await world.api.post('/api/calendar-days', { date: addDays(day, 1), kind: 'off', name: 'Spring cleaning' });
  const page = await open('&view=month');
  const cell = (on: string) => page.locator(`[data-day="${on}"]`);
  await page.getByRole('button', { name: /: 2 trainings$/ }).waitFor();
  await page.getByRole('button', { name: /: closed, Spring cleaning$/ }).waitFor();
  expect(await violations(page)).toEqual([]);
  // Another desk makes one more.
  await training(trainer, '14:00');
  await page.getByRole('button', { name: /: 3 trainings$/ }).waitFor();

  await cell(day).focus();
  let on = day;
  for (const [key, step] of [
    ['ArrowRight', 1],
    ['ArrowDown', 7],
    ['ArrowDown', 7],
    ['ArrowDown', 7],
    ['ArrowLeft', -1],
  ] as const) {
    await page.keyboard.press(key);
    on = addDays(on, step);
    await page.locator(`[data-day="${on}"]:focus`).waitFor();
  }
  expect(on.slice(0, 7)).toBe(addDays(day, 21).slice(0, 7));
  await page.waitForURL((url) => url.searchParams.get('date') === on);
  await page.keyboard.press('PageUp');
  await page.waitForURL((url) => url.searchParams.get('date') === `${day.slice(0, 7)}-01`);
  await cell(day).click();
  await page.waitForURL((url) => url.searchParams.get('date') === day && url.searchParams.get('view') === null);
  await page.locator('[data-entry^="training-"]').first().waitFor();
  expect(world.complaints()).toEqual([]);
});

inBrowser('on a phone the month fits, and a day opens as a list', async () => {
  const trainer = await make.trainer();
  const id = await training(trainer, '16:00');
  const page = await open('&view=month', { width: 360, height: 740 });
  await page.locator(`[data-day="${day}"]`).waitFor();
  expect(await tooWide(page)).toBe(0);
  expect(await violations(page)).toEqual([]);
  await page.locator(`[data-day="${day}"]`).click();
  await page.locator(`.line[data-entry="training-${id}"]`).waitFor();
  expect(await tooWide(page)).toBe(0);
  expect(await violations(page)).toEqual([]);
});

inBrowser(
  'a day’s trainings go to another trainer after it was said who is told and what cannot; Undo takes all back',
  async () => {
    const on = addDays(day, 7);
    const [giver, taker] = [await make.trainer(), await make.trainer()];
    const [first, second, blocked] = [
      await training(giver, '10:00', on),
      await training(giver, '12:00', on),
      await training(giver, '14:00', on),
    ];
    await training(taker, '14:30', on);
    const student = await make.student();
    await world.api.db.query(
      sql.unsafe`insert into real_training_students (real_training_id, student_id) values (${first}, ${student})`,
    );
    const names = await Promise.all([giver, taker].map(async (id) => (await world.api.get(`/api/specialists/${id}`)).body));
    const page = await open('');
    await page.goto(`/console/?date=${on}`);
    await page.locator(`[data-entry="training-${first}"]`).waitFor();
    await page.getByRole('button', { name: 'More' }).click();
    await page.getByText('Give the day’s trainings to another trainer').click();
    await choose(page, 'Whose trainings', new RegExp(`^${names[0].first_name} `));
    await choose(page, 'Who gives them', new RegExp(`^${names[1].first_name} `));
    await dialog(page).getByText('The trainer is busy then.').first().waitFor();
    await dialog(page).getByText('1 training cannot be given to them and stays as it is.').first().waitFor();
    await dialog(page)
      .getByText(/3 people are told/)
      .first()
      .waitFor();
    expect(await violations(page)).toEqual([]);
    expect(await trainerOf(first)).toBe(giver);
    await dialog(page).getByRole('button', { name: 'Give 2 trainings' }).click();
    await eventually(async () => (await trainerOf(second)) === taker);
    expect([await trainerOf(first), await trainerOf(blocked)]).toEqual([taker, giver]);
    await page.getByRole('button', { name: 'Undo' }).click();
    await page.getByText('Taken back. Nobody was told.').first().waitFor();
    expect([await trainerOf(first), await trainerOf(second)]).toEqual([giver, giver]);
  },
);

inBrowser('those who come to a training are written to once, after it was said how many they are', async () => {
  const on = addDays(day, 9);
  const id = await training(await make.trainer(), '10:00', on);
  for (const student of [await make.student(), await make.student()])
    await world.api.db.query(
      sql.unsafe`insert into real_training_students (real_training_id, student_id) values (${id}, ${student})`,
    );
  const wrote = async () =>
    world.api.db.oneFirst(sql.unsafe`select count(*)::int as count from notifications where template = 'studio_wrote'`);
  const page = await open('');
  await page.goto(`/console/?date=${on}`);
  await page.locator(`[data-entry="training-${id}"]`).click();
  await dialog(page).getByRole('button', { name: 'Write to all' }).click();
  await dialog(page)
    .getByText(/^2 people: /)
    .first()
    .waitFor();
  await dialog(page)
    .getByText(/^2 have no channel and go on the list of calls: /)
    .first()
    .waitFor();
  await dialog(page).getByLabel('Message').fill('Bring towels');
  expect(await violations(page)).toEqual([]);
  // The answer is lost on its way; what is sent again is the same.
  let lost = 0;
  await page.route('**/messages', async (route) => {
    if (lost > 0) return route.continue();
    lost += 1;
    await route.fetch();
    return route.abort();
  });
  await dialog(page).getByRole('button', { name: 'Send to 2 people' }).click();
  await dialog(page).getByRole('alert').first().waitFor();
  await eventually(async () => (await wrote()) === 2);
  expect(await dialog(page).getByLabel('Message').inputValue()).toBe('Bring towels');
  await dialog(page).getByRole('button', { name: 'Send to 2 people' }).click();
  await page.getByText('The message goes to 2 people.').first().waitFor();
  expect(await wrote()).toBe(2);
});

inBrowser('who looks at the same day is shown with initials, and goes with the page', async () => {
  const admin = await personOf(world.api, 'admin');
  await world.api.db.query(sql.unsafe`update users set first_name = 'Anna', last_name = 'Smith' where id = ${admin.id}`);
  await training(await make.trainer(), '18:00');
  const page = await open('');
  expect(await page.getByRole('list', { name: 'Also looking at these days' }).count()).toBe(0);
  const desk = await open('', { person: admin });
  const here = page.getByRole('list', { name: 'Also looking at these days' }).getByText('AS');
  await here.waitFor();
  expect(await violations(page)).toEqual([]);
  await desk.getByRole('list', { name: 'Also looking at these days' }).waitFor();
  await desk.getByRole('button', { name: 'Later' }).click();
  await here.waitFor({ state: 'detached' });
  await desk.getByRole('button', { name: 'Earlier' }).click();
  await here.waitFor();
  await desk.close();
  await here.waitFor({ state: 'detached' });
});

inBrowser('what a colleague carries is seen with their name while they do; what they put back is gone', async () => {
  const admin = await personOf(world.api, 'admin');
  await world.api.db.query(sql.unsafe`update users set first_name = 'Anna', last_name = 'Smith' where id = ${admin.id}`);
  const trainer = await make.trainer();
  const id = await training(trainer, '09:00');
  const [page, desk] = [await open(''), await open('', { person: admin })];
  const box = await desk.locator(`[data-entry="training-${id}"]`).boundingBox();
  if (!box) throw new Error('the training is not drawn');
  await desk.mouse.move(box.x + 20, box.y + 6);
  await desk.mouse.down();
  await desk.mouse.move(box.x + 23, box.y + 12);
  await desk.mouse.move(box.x + 20, box.y + 6 + 72, { steps: 4 });
  const seen = page.locator(`[data-column="trainer-${trainer}"] .theirs`);
  await seen.filter({ hasText: 'Anna Smith is moving it: 10:00–11:00' }).waitFor();
  expect(await violations(page)).toEqual([]);
  expect(await desk.locator('.theirs').count()).toBe(0);
  await desk.keyboard.press('Escape');
  await desk.mouse.up();
  await seen.waitFor({ state: 'detached' });
});

inBrowser('what is carried over a week is seen by those who look at the day it is carried to', async () => {
  const admin = await personOf(world.api, 'admin');
  await world.api.db.query(sql.unsafe`update users set first_name = 'Anna', last_name = 'Smith' where id = ${admin.id}`);
  const trainer = await make.trainer();
  const id = await training(trainer, '09:00');
  // A day of the same week; the day after `day` is closed by the first test.
  const other = addDays(day, new Date(day).getUTCDay() === 1 ? 2 : -1);
  await training(trainer, '15:00', other);
  const [page, desk] = [await open(''), await open('&view=week', { person: admin })];
  await page.goto(`/console/?date=${other}`);
  const there = page.locator(`[data-column="trainer-${trainer}"]`);
  await there.waitFor();
  const box = await desk.locator(`[data-entry="training-${id}"]`).boundingBox();
  const goal = await desk.locator(`[data-column="${other}"]`).boundingBox();
  if (!box || !goal) throw new Error('the week is not drawn');
  await desk.mouse.move(box.x + 20, box.y + 6);
  await desk.mouse.down();
  await desk.mouse.move(box.x + 23, box.y + 12);
  await desk.mouse.move(goal.x + 20, box.y + 6, { steps: 4 });
  await there.locator('.theirs').filter({ hasText: 'Anna Smith is moving it: 09:00–10:00' }).waitFor();
  await desk.keyboard.press('Escape');
  await desk.mouse.up();
  await there.locator('.theirs').waitFor({ state: 'detached' });
});

inBrowser('on a phone the days of the running week that are over are folded', async () => {
  const trainer = await make.trainer();
  const monday = addDays(day, 36 - new Date(day).getUTCDay());
  for (const on of [monday, addDays(monday, 3)]) await training(trainer, '10:00', on);
  const page = await world.visit({ token: owner.token, viewport: { width: 390, height: 844 } });
  await page.clock.setFixedTime(new Date(at('12:00', addDays(monday, 2))));
  await page.goto('/console/');
  const shown = page.locator('[data-entry^="training-"]:visible');
  await shown.first().waitFor();
  expect(await shown.count()).toBe(1);
  await page.getByText('Earlier this week: 1 entry').click();
  await eventually(async () => (await shown.count()) === 2);
  expect([await violations(page), await tooWide(page)]).toEqual([[], 0]);
  await page.clock.setFixedTime(new Date(at('12:00', addDays(monday, 6))));
  await page.goto('/console/?fresh=1');
  await eventually(async () => (await shown.count()) === 2);
});

inBrowser('keys: / searches, T is today, PageDown is a week later', async () => {
  await training(await make.trainer(), '08:30');
  const page = await open('');
  await page.keyboard.press('/');
  await page.getByRole('combobox', { name: 'Search or do' }).waitFor();
  await page.keyboard.type('/');
  expect(await page.getByRole('combobox', { name: 'Search or do' }).inputValue()).toBe('/');
  await page.keyboard.press('Escape');
  await page.getByRole('combobox', { name: 'Search or do' }).waitFor({ state: 'detached' });
  const dateIs = (on: string | null) => eventually(() => new URL(page.url()).searchParams.get('date') === on);
  await page.keyboard.press('PageDown');
  await dateIs(addDays(day, 7));
  await page.keyboard.press('PageUp');
  await dateIs(day);
  await page.keyboard.press('t');
  await dateIs(null);
});

inBrowser('a day of more than a page of bookings is listed whole', async () => {
  const person = await personOf(world.api, 'admin');
  const shown = addDays(day, 3);
  const trainers = await Promise.all(Array.from({ length: 21 }, () => make.trainer()));
  await make.type();
  for (const trainer of trainers)
    for (let hour = 10; hour < 20; hour += 1) await salon(world.api.db).training({ trainer, at: at(`${hour}:00`, shown) });
  const page = await world.visit({ token: person.token, viewport: { width: 1400, height: 1000 } });
  await page.goto(`/console/day?date=${shown}`);
  await eventually(async () => (await page.locator('ul.entries > li').count()) >= 210);
});
