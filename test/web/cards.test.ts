import { afterAll, beforeAll, expect } from '@jest/globals';
import type { Page } from 'playwright-core';
import { addDays, dayOf } from '../../queues/time/calendar.ts';
import { sql } from '../../sql/database/database.ts';
import { at, salon } from '../bookings/salon.ts';
import { personOf, type TestPerson } from '../support/people.ts';
import { type ConsoleWorld, consoleWorld, inBrowser, violations } from './browser.ts';

const BOT = '4242:of-the-cards';
let world: ConsoleWorld;
let owner: TestPerson;
let make: ReturnType<typeof salon>;
beforeAll(async () => {
  if (!process.env.TEST_CHROMIUM) return;
  world = await consoleWorld({ TELEGRAM_BOT_TOKEN: BOT }, { isEmpty: true });
  owner = await personOf(world.api, 'owner');
  make = salon(world.api.db);
  await make.type();
});
afterAll(() => world?.close());

const today = () => dayOf(new Date(), world.api.fleet.settings.zone);
const dialog = (page: Page) => page.getByRole('dialog').last();
async function open(path: string, person = owner): Promise<Page> {
  const page = await world.visit({ token: person.token, viewport: { width: 1400, height: 1300 } });
  await page.goto(path);
  await page.getByRole('heading', { level: 1 }).first().waitFor();
  return page;
}
async function called(id: number, first: string, last: string) {
  await world.api.db.query(sql.unsafe`update users set first_name = ${first}, last_name = ${last} where id = ${id}`);
  return id;
}
async function choose(page: Page, label: string, option: string | RegExp) {
  await dialog(page).getByLabel(label).first().click({ force: true });
  await page.getByRole('option', { name: option }).first().click();
}
/** Takes a line of the menu that is open. */
const take = (page: Page, line: string) =>
  page.locator('.v-overlay--active .v-list-item').filter({ hasText: line }).first().click();
const rows = async (query: ReturnType<typeof sql.unsafe>) => (await world.api.db.any(query)) as Record<string, unknown>[];

inBrowser('a subscription is frozen and thawed on the card, and moves its end', async () => {
  const student = await make.student();
  const end = addDays(today(), 20);
  const held = await make.subscription({ student, from: addDays(today(), -2), to: end, left: 5 });
  const stored = () =>
    rows(sql.unsafe`select freeze_start_date, freeze_end_date, end_date from student_subscriptions where id = ${held}`);
  const page = await open(`/console/people/${student}`);
  await page.getByRole('button', { name: /^Freeze: / }).click();
  await dialog(page).getByLabel('From').fill(addDays(today(), 3));
  await dialog(page).getByLabel('To').fill(addDays(today(), 6));
  expect(await violations(page)).toEqual([]);
  await dialog(page).getByRole('button', { name: 'Freeze', exact: true }).click();
  await page
    .getByText(/^Frozen, it ends on /)
    .first()
    .waitFor();
  expect(await stored()).toEqual([
    { freeze_start_date: addDays(today(), 3), freeze_end_date: addDays(today(), 6), end_date: addDays(end, 4) },
  ]);
  await page.getByRole('button', { name: /^End the freeze: / }).click();
  await page
    .getByText(/^The freeze is over; 4 unused days/)
    .first()
    .waitFor();
  expect(await stored()).toEqual([{ freeze_start_date: null, freeze_end_date: null, end_date: end }]);
});

inBrowser('a booking is made on the card, at a start that is offered', async () => {
  const client = await make.client();
  const service = await make.service();
  const specialist = await make.specialist([service]);
  const page = await open(`/console/people/${client}`);
  await page.getByRole('button', { name: 'Book', exact: true }).click();
  await choose(page, 'Service', /^Услуга/);
  await dialog(page).getByLabel('Date').fill(addDays(today(), 2));
  await dialog(page).getByRole('radio', { name: '14:00' }).click();
  expect(await violations(page)).toEqual([]);
  await dialog(page)
    .getByRole('button', { name: /^Book .*14:00.* for .*1,000/ })
    .click();
  await page
    .getByText(/^Booked: /)
    .first()
    .waitFor();
  const made = await rows(
    sql.unsafe`select specialist_id, service_id, status, starts_at from bookings where client_id = ${client}`,
  );
  expect(made).toMatchObject([{ specialist_id: specialist, service_id: service, status: 'CONFIRMED' }]);
  expect(new Date(String(made[0]?.starts_at)).toISOString()).toBe(at(2, '14:00'));
});

inBrowser('arrows begin at the first start where the one that was chosen has been taken meanwhile', async () => {
  const [client, service] = [await make.client(), await make.service()];
  const specialist = await make.specialist([service]);
  const { name } = (await world.api.get(`/api/services/${service}`)).body;
  const page = await open(`/console/people/${client}`);
  await page.getByRole('button', { name: 'Book', exact: true }).click();
  await choose(page, 'Service', name);
  await dialog(page).getByLabel('Date').fill(addDays(today(), 2));
  const starts = dialog(page).getByRole('radio');
  const taken = starts.filter({ hasText: '14:00' });
  await taken.click();
  const body = { client_id: await make.client(), service_id: service, specialist_id: specialist, starts_at: at(2, '14:00') };
  expect((await world.api.post('/bookings', body)).status).toBe(201);
  // Whoever comes back to the window sees what is free now.
  await page.evaluate("dispatchEvent(new Event('visibilitychange'))");
  await taken.waitFor({ state: 'detached' });
  await starts.first().press('ArrowLeft');
  await dialog(page).getByRole('radio', { checked: true }).waitFor();
  expect(await starts.first().getAttribute('aria-checked')).toBe('true');
});

inBrowser('personal links are made on the card: one to sign in; one to connect Telegram, once the bot is known', async () => {
  const client = await make.client();
  const links = () => rows(sql.unsafe`select user_id from telegram_links where user_id = ${client} and used_at is null`);
  const page = await open(`/console/people/${client}`);
  await page.getByRole('button', { name: 'Personal link' }).click();
  await dialog(page).getByRole('button', { name: 'Link to connect Telegram' }).click();
  await dialog(page).getByText('The studio’s bot is not set up, or has not been reached. No link was made.').first().waitFor();
  expect(await links()).toEqual([]);
  expect(world.complaints()).toEqual([expect.stringContaining('503')]);
  await world.api.db.query(sql.unsafe`insert into bot_profile (bot_id, username) values (4242, 'cards_bot')`);
  await dialog(page).getByRole('button', { name: 'Link to connect Telegram' }).click();
  await dialog(page)
    .getByText(/^https:\/\/t\.me\/cards_bot\?start=/)
    .waitFor();
  expect(await links()).toHaveLength(1);
  await dialog(page).getByRole('button', { name: 'Link to sign in' }).click();
  await dialog(page)
    .getByText(/\/join\?token=/)
    .waitFor();
  const signIns = await rows(sql.unsafe`select purpose from sign_in_links where user_id = ${client}`);
  expect(signIns).toHaveLength(1);
  expect(await violations(page)).toEqual([]);
});

inBrowser('a group is written to: who is reached is said first, and each of them gets the message', async () => {
  const [trainer, first, second] = [await make.trainer(), await make.student(), await make.student()];
  const { body: group } = await world.api.post('/api/groups', { name: 'Morning', trainer_id: trainer });
  for (const student_id of [first, second])
    await world.api.post(`/api/groups/${group.id}/members`, { student_id, from: today() });
  const page = await open(`/console/groups/${group.id}`);
  await page.getByRole('button', { name: 'Write to all' }).click();
  await dialog(page)
    .getByText(/^2 people: /)
    .first()
    .waitFor();
  await dialog(page).getByLabel('Message').first().fill('The hall is closed.');
  expect(await violations(page)).toEqual([]);
  await dialog(page).getByRole('button', { name: 'Send to 2 people' }).click();
  await page.getByText('The message goes to 2 people.').first().waitFor();
  const told = await rows(sql.unsafe`
    select user_id, params ->> 'text' as text from notifications where template = 'studio_wrote' and user_id = any(${sql.array([first, second], 'int4')})
    order by user_id`);
  expect(told).toEqual([first, second].map((user_id) => ({ user_id, text: 'The hall is closed.' })));
});

inBrowser('in the team somebody is signed out everywhere, and loses a role; the last owner keeps theirs', async () => {
  const admin = await personOf(world.api, 'admin');
  const sessions = () => rows(sql.unsafe`select id from sessions where user_id = ${admin.id}`);
  const roles = async (id: number) =>
    (await rows(sql.unsafe`select role from user_roles where user_id = ${id}`)).map(({ role }) => role);
  const page = await open('/console/team');
  const more = (name: string) => page.getByRole('button', { name: `More: ${name}` }).click();
  await more('Somebody (admin) Тестов');
  await take(page, 'Sign out on all devices');
  await dialog(page).getByText('has to sign in anew on every device').first().waitFor();
  expect(await violations(page)).toEqual([]);
  await dialog(page).getByRole('button', { name: 'Sign out on all devices' }).click();
  await page.getByText('Signed out on 1 device.').first().waitFor();
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  expect((await admin.ask('GET', '/me')).status).toBe(401);
  expect(await sessions()).toEqual([]);
  await more('Somebody (admin) Тестов');
  await take(page, 'Take away the role: administrator');
  await dialog(page).getByRole('button', { name: 'Take away the role: administrator' }).click();
  await page.getByText('The role is taken away: Somebody (admin) Тестов, administrator.').first().waitFor();
  expect(await roles(admin.id)).toEqual([]);
  world.complaints();
  await more('Somebody (owner) Тестов');
  await take(page, 'Take away the role: owner');
  await dialog(page).getByRole('button', { name: 'Take away the role: owner' }).click();
  await page.getByText('The last owner stays one.').first().waitFor();
  expect(await roles(owner.id)).toEqual(['owner']);
  expect(world.complaints()).toEqual([expect.stringContaining('409')]);
});

inBrowser(
  'a trainer’s page has the week with what stands in it, the groups and the clients, and goes to the next week',
  async () => {
    const [trainer, student, client] = [
      await called(await make.specialist([]), 'Tara', 'Trainer'),
      await called(await make.student(), 'Trained', 'Person'),
      await called(await make.client(), 'Booked', 'Person'),
    ];
    const { body: group } = await world.api.post('/api/groups', { name: 'Tigers', trainer_id: trainer });
    const starts = at(7, '10:00');
    const training = await make.training({ trainer, at: starts });
    await world.api.db.query(sql.unsafe`
    insert into real_training_students (real_training_id, student_id, status) values (${training}, ${student}, 'REGISTERED')`);
    await make.booking({ client, specialist: trainer, service: await make.service(), at: at(7, '13:00') });
    const page = await open(`/console/trainers/${trainer}`);
    await page.getByRole('link', { name: 'Tigers' }).waitFor();
    const clients = page.getByRole('heading', { name: 'Clients' }).locator('xpath=following-sibling::*[1]');
    await clients.getByRole('link', { name: 'Trained Person' }).waitFor();
    await clients.getByRole('link', { name: 'Booked Person' }).waitFor();
    await page.getByText('Nothing is planned this week.').waitFor();
    await page.getByRole('button', { name: 'Later' }).click();
    const entry = page.getByRole('link', { name: /^10:00 / });
    await entry.waitFor();
    await page.getByRole('link', { name: /^13:00 Услуга \d+, Booked Person/ }).waitFor();
    expect(new URL(page.url()).searchParams.get('week')).toMatch(/^\d{4}-\d\d-\d\d$/);
    expect(await violations(page)).toEqual([]);
    await entry.click();
    await page.waitForURL((url) => url.searchParams.get('training') === String(training));
    await page.getByText('Trained Person').first().waitFor();
    await page.goto(`/console/trainers/${trainer}`);
    await page.getByRole('link', { name: 'Tigers' }).click();
    await page.getByRole('heading', { name: 'Tigers' }).waitFor();
    expect(new URL(page.url()).pathname).toBe(`/console/groups/${group.id}`);
  },
);

inBrowser('a training is copied to the next week on the board, with nobody in it, and Undo takes it back', async () => {
  const trainer = await make.trainer();
  const day = addDays(today(), 3);
  const training = await make.training({ trainer, at: at(3, '11:00') });
  const of = () =>
    rows(sql.unsafe`
    select training_date, status from real_trainings where trainer_id = ${trainer} order by id`);
  const page = await open(`/console/?date=${day}`);
  await page.locator(`[data-entry="training-${training}"]`).click();
  await dialog(page).getByRole('button', { name: 'Copy to next week' }).click();
  await page
    .getByText(/^Copied to /)
    .first()
    .waitFor();
  expect((await of()).map(({ training_date }) => training_date)).toEqual([day, addDays(day, 7)]);
  await page.getByRole('button', { name: 'Undo' }).click();
  await page.getByText('Taken back. Nobody was told.').first().waitFor();
  const left = (await of()).filter(({ status }) => status === 'scheduled');
  expect(left.map(({ training_date }) => training_date)).toEqual([day]);
});

inBrowser('an alarm is got by its button, by name; those that are over are listed page by page', async () => {
  const { db } = world.api;
  await db.query(sql.unsafe`
    insert into alerts (fingerprint, template, params, first_at, last_at, told_at, recovered_at)
    select 'worker_down:' || n, 'worker_down', '{"worker": "finance"}'::jsonb, now() - interval '3 hours', now(), now(), now() from generate_series(1, 60) as n
    union all select 'disk_low:data', 'disk_low', '{"path": "/data"}', now() - interval '1 hour', now(), now(), null`);
  const page = await open('/console/night?view=alarms');
  const gone = page.getByText('A worker does not answer');
  await gone.nth(49).waitFor();
  expect(await gone.count()).toBe(50);
  await page.getByRole('button', { name: 'Show more' }).click();
  await gone.nth(59).waitFor();
  await page.getByRole('button', { name: 'Got it: A disk is nearly full' }).click();
  await page.getByText('Noted: it goes no further.').first().waitFor();
  await page
    .getByText(/taken note of by Somebody \(owner\)/)
    .first()
    .waitFor();
  expect(await rows(sql.unsafe`select acknowledged_by from alerts where template = 'disk_low'`)).toEqual([
    { acknowledged_by: `person:${owner.id}` },
  ]);
  expect(await violations(page)).toEqual([]);
});
