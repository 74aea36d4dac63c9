import { afterAll, beforeAll, expect } from '@jest/globals';
import type { Page } from 'playwright-core';
import { instantOf } from '../../api/web/kit/zone.ts';
import { addDays, dayOf } from '../../queues/time/calendar.ts';
import { nextTicks } from '../../queues/timetable/ticks.ts';
import { sql } from '../../sql/database/database.ts';
import { claimRun, finishRun } from '../../sql/runs/execute.ts';
import { requestRun } from '../../sql/runs/request.ts';
import { inHours, salon } from '../bookings/salon.ts';
import { personOf, type TestPerson } from '../support/people.ts';
import { type ConsoleWorld, consoleWorld, inBrowser, LOCALES, type Locale, violations } from './browser.ts';

let world: ConsoleWorld;
let owner: TestPerson;
let make: ReturnType<typeof salon>;
let zone: string;
beforeAll(async () => {
  if (!process.env.TEST_CHROMIUM) return;
  world = await consoleWorld({}, { isEmpty: true });
  owner = await personOf(world.api, 'owner');
  make = salon(world.api.db);
  zone = world.api.fleet.settings.zone;
  await make.type();
});
afterAll(() => world?.close());

const today = () => dayOf(new Date(), zone);
const dialog = (page: Page) => page.getByRole('dialog').last();
async function open(path: string, locale: Locale = 'en'): Promise<Page> {
  const page = await world.visit({ token: owner.token, locale, viewport: { width: 1400, height: 1100 } });
  await page.goto(path);
  await page.getByRole('heading', { level: 1 }).first().waitFor();
  return page;
}
async function called(id: number, first: string, last: string) {
  await world.api.db.query(sql.unsafe`update users set first_name = ${first}, last_name = ${last} where id = ${id}`);
  return id;
}
const why = (page: Page, of: RegExp) => page.getByRole('button', { name: of }).first().click();
/** From a line of an explanation to the line's own. */
const further = (page: Page, of: RegExp) => dialog(page).getByRole('button', { name: of }).first().click();
const says = (page: Page, words: string | RegExp) => dialog(page).getByText(words).first().waitFor();
const leave = (page: Page) => dialog(page).getByRole('button', { name: 'Close' }).click();

inBrowser('beside what is left of a package stands why, down to the booking, in three languages', async () => {
  const [client, service] = [await called(await make.client(), 'Pam', 'Packer'), await make.service()];
  const specialist = await make.specialist([service]);
  await make.bought({ client, service, from: addDays(today(), -1), to: addDays(today(), 40) });
  const wish = { client_id: client, service_id: service, specialist_id: specialist, starts_at: inHours(40), pay_from: 'package' };
  expect((await world.api.post('/bookings', wish)).status).toBe(201);
  const words = {
    en: ['Visit of a package', 'Taken for a booking', 'It is paid with a package of services.', 'Booking'],
    ru: ['Визит пакета', 'Списано за запись', 'Оплачивается пакетом услуг.', 'Запись'],
    uk: ['Візит пакета', 'Списано за запис', 'Оплачується пакетом послуг.', 'Запис'],
  };
  for (const locale of LOCALES) {
    const page = await open(`/console/people/${client}`, locale);
    await why(page, / Пакет \d+, Услуга \d+: .*2.*3/);
    await dialog(page).getByText('2', { exact: true }).first().waitFor();
    const [kind, taken, rule] = words[locale] as [string, string, string];
    await further(page, new RegExp(`${taken} · Услуга`));
    for (const part of [kind, taken, rule]) await says(page, part);
    await dialog(page).locator('ol li').nth(1).waitFor();
    expect(await violations(page)).toEqual([]);
  }
  expect(world.complaints()).toEqual([]);
});

inBrowser('beside what is left of a subscription in the clients’ list, and the sums of the till, stands why', async () => {
  const student = await called(await make.student(), 'Lisa', 'Holder');
  await make.subscription({ student, from: addDays(today(), -1), to: addDays(today(), 20), left: 5 });
  const page = await open('/console/clients');
  await why(page, /^Why\? Lisa Holder, .*5 sessions left/);
  await says(page, 'Sessions of the subscription');
  await leave(page);

  await owner.ask('POST', '/api/payments', { payer_id: student, amount_minor: 150_000, method: 'cash' });
  const byCard = { payer_id: student, amount_minor: 40_000, method: 'card' };
  await owner.ask('POST', '/api/payments', byCard);
  await page.goto('/console/money?view=till');
  await why(page, /^Why\? .*1,500.* in the till/);
  await says(page, 'What is in the till is the cash');
  await further(page, /^Why\? Cash · Somebody \(owner\).*1,500/);
  await further(page, /^Why\? Cash · Lisa Holder.*1,500/);
  await says(page, 'Money came');
  await dialog(page).getByRole('button', { name: 'Back' }).click();
  expect(await violations(page)).toEqual([]);
  await leave(page);
  await why(page, /^Why\? Somebody \(owner\).*1,500/);
  await says(page, /^Cash · Lisa Holder/);
  expect(await dialog(page).getByText(/400/).count()).toBe(0);
  expect(world.complaints()).toEqual([]);
});

inBrowser('beside tonight’s sums and each charge stands why: what is made of what, and why no subscription pays', async () => {
  const { db } = world.api;
  const night = dayOf(nextTicks('0 23 * * *', zone, new Date(), 1)[0] as Date, zone);
  const day = addDays(night, 1);
  const [pays, owes] = [
    await called(await make.student(), 'Session', 'Payer'),
    await called(await make.student(), 'Invoice', 'Payer'),
  ];
  await make.subscription({ student: pays, from: addDays(day, -9), to: addDays(day, 9), left: 3 });
  await make.subscription({ student: owes, from: addDays(day, -60), to: addDays(day, -30) });
  await db.query(sql.unsafe`
    with training as (
      insert into real_trainings (training_type_id, trainer_id, training_date, start_time, starts_at, ends_at, max_participants, price_minor)
      values (${await make.type()}, ${await make.trainer()}, ${day}::date, '10:00', ${day}::date + time '10:00', ${day}::date + time '11:00', 10, 50000)
      returning id
    )
    insert into real_training_students (real_training_id, student_id, status) select id, student, 'REGISTERED'
    from training, unnest(array[${pays}, ${owes}]::int[]) as student`);
  const page = await open('/console/night');
  await why(page, /^Why\? 1 session is taken/);
  await says(page, 'A subscription that is valid on the day of the training pays with one session');
  await further(page, /^Why\? .*Session Payer, -1/);
  await says(page, 'To be taken for the training');
  await further(page, /^Why\? To be taken for the training/);
  await says(page, '3 sessions left');
  await leave(page);
  await why(page, /^Why\? 1 invoice for .*500/);
  await further(page, /^Why\? .*Invoice Payer, .*500/);
  await says(page, 'No subscription covers the training as things stand');
  await says(page, /was over by that day/);
  expect(await violations(page)).toEqual([]);
  await leave(page);
  await why(page, /^Why\? Invoice Payer, .*500.* is owed/);
  await says(page, 'Not charged yet.');
  expect(world.complaints()).toEqual([]);
});

inBrowser('beside the counts of a run and the places of a training stands why', async () => {
  const { db } = world.api;
  const student = await called(await make.student(), 'Robin', 'Billed');
  const training = await make.training({ trainer: await make.trainer(), at: inHours(30) });
  await db.query(sql.unsafe`
    insert into real_training_students (real_training_id, student_id, status) values (${training}, ${student}, 'REGISTERED')`);
  const request = {
    process_type: 'finance' as const,
    run_key: `finance:${today()}`,
    process_date: today(),
    params: { date: today() },
  };
  const { run } = await requestRun(db, { ...request, again: true });
  await claimRun(db, run.id, 'test');
  await db.query(sql.unsafe`
    insert into invoices (payer_id, student_id, type, amount_minor, run_id) values (${student}, ${student}, 'SUBSCRIPTION', 70000, ${run.id})`);
  const counts = { trainings_processed: 4, invoices_created: 1 };
  await finishRun(db, run.id, { status: 'success', result: null, details: {}, counts });
  const page = await open(`/console/night/${run.id}`);
  await why(page, /^Why\? Invoices, 1/);
  await says(page, 'These are the rows that the run itself wrote');
  await further(page, /^Why\? .*Robin Billed, .*700/);
  await says(page, 'How it came about');
  await dialog(page).getByRole('link', { name: 'The night’s work: Charges' }).waitFor();
  expect(await violations(page)).toEqual([]);
  await leave(page);
  await why(page, /^Why\? Trainings, 4/);
  await says(page, 'It counts what it went through.');
  await says(page, 'By the timetable');
  await leave(page);

  const { body } = await world.api.get(`/real-trainings/${training}`);
  await page.goto(`/console/day?date=${body.training_date}&training=${training}`);
  await why(page, /^Why\? .*1 place of 5 taken/);
  await says(page, 'A place is taken by whoever is registered');
  await further(page, /^Why\? Robin Billed/);
  await says(page, 'It costs nothing.');
  await leave(page);
  await page.goto(`/console/?date=${body.training_date}`);
  await page.locator(`[data-entry="training-${training}"]`).click();
  await dialog(page)
    .getByRole('button', { name: /^Why\? .*1.*5/ })
    .click();
  await says(page, /^Robin Billed/);
  expect(world.complaints()).toEqual([]);
  await page.goto('/console/night/2147483647');
  await page.getByRole('heading', { level: 1, name: 'Run' }).waitFor();
  await page.getByRole('alert').first().waitFor();
  expect(world.complaints().every((complaint) => complaint.includes('404'))).toBe(true);
});

inBrowser('lines of one debt say which training each is for, on the studio’s clock, in three languages', async () => {
  const { db } = world.api;
  const student = await called(await make.student(), 'Twice', 'Charged');
  const trainer = await make.trainer();
  const day = addDays(today(), 3);
  const starts = [instantOf(`${day}T10:00:00`, zone), instantOf(`${day}T23:30:00`, zone)];
  for (const at of starts) {
    const training = await make.training({ trainer, at });
    await db.query(sql.unsafe`
      with seat as (
        insert into real_training_students (real_training_id, student_id, status) values (${training}, ${student}, 'REGISTERED') returning id
      )
      insert into invoices (payer_id, student_id, type, amount_minor, real_training_student_id, charge_no)
      select ${student}, ${student}, 'TRAINING', 50000, id, 1 from seat`);
  }
  const words = { en: ['Owed', 'start'], ru: ['Долг', 'начало'], uk: ['Борг', 'початок'] };
  for (const locale of LOCALES) {
    const page = await open(`/console/people/${student}`, locale);
    const [owed, start] = words[locale] as [string, string];
    const date = new Intl.DateTimeFormat(locale, { timeZone: 'UTC', day: 'numeric', month: 'short' }).format(Date.parse(day));
    await why(page, new RegExp(`${owed}.*1[,\\s\u00a0]?000`));
    for (const clock of ['10:00', '23:30']) await says(page, new RegExp(` · ${start} ${date}.*${clock} · Twice Charged`));
    await further(page, new RegExp(`${start} ${date}.*23:30`));
    await dialog(page)
      .locator('.figure + .quiet')
      .filter({ hasText: `${start} ${date}` })
      .filter({ hasText: '23:30' })
      .waitFor();
    expect(await violations(page)).toEqual([]);
  }
  expect(world.complaints()).toEqual([]);
});
