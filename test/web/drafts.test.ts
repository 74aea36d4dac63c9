import { afterAll, beforeAll, expect } from '@jest/globals';
import type { Locator, Page } from 'playwright-core';
import { instantOf } from '../../api/web/kit/zone.ts';
import { addDays, dayOf } from '../../queues/time/calendar.ts';
import { sql } from '../../sql/database/database.ts';
import { openSession } from '../../workers/sign-in/sessions.ts';
import { inHours, salon } from '../bookings/salon.ts';
import { eventually } from '../support/eventually.ts';
import { personOf, type TestPerson } from '../support/people.ts';
import { type ConsoleWorld, consoleWorld, inBrowser } from './browser.ts';

declare const localStorage: Record<string, string>;
let world: ConsoleWorld;
let owner: TestPerson;
let make: ReturnType<typeof salon>;
let day: string;
beforeAll(async () => {
  if (!process.env.TEST_CHROMIUM) return;
  world = await consoleWorld({}, { isEmpty: true });
  owner = await personOf(world.api, 'owner');
  make = salon(world.api.db);
  await make.type({ price: 0 });
  day = addDays(dayOf(new Date(), world.api.fleet.settings.zone), 9);
});
afterAll(() => world?.close());

const at = (clock: string) => instantOf(`${day}T${clock}:00`, world.api.fleet.settings.zone);
const dialog = (page: Page) => page.getByRole('dialog').last();
/** What a browser keeps. */
const keys = (page: Page) => page.evaluate(() => Object.keys(localStorage).filter((key) => key.startsWith('console.draft.')));
/** What it keeps of the owner, by name. */
const kept = async (page: Page) => (await keys(page)).map((key) => key.replace(`console.draft.${owner.id}.`, ''));
async function open(path: string, person = owner): Promise<Page> {
  const page = await world.visit({ token: person.token, viewport: { width: 1400, height: 1300 } });
  await page.goto(path);
  await page.getByRole('heading', { level: 1 }).first().waitFor();
  return page;
}
async function choose(page: Page, label: string, option: string) {
  await dialog(page).getByLabel(label).first().click({ force: true });
  await page.getByRole('option', { name: option }).first().click();
}
async function pick(page: Page, label: string, name: string) {
  await dialog(page).getByLabel(label).first().fill(name);
  await page.getByRole('option', { name }).first().click();
}
async function named(id: Promise<number>, name: string) {
  await world.api.db.query(sql.unsafe`update users set first_name = ${name}, last_name = 'Draftsman' where id = ${await id}`);
  return id;
}
type Form = { opens(): Promise<unknown>; field: () => Locator; typed: string; draft: string };
/** What stands in a form is there again after a reload; only its own draft is kept. */
async function outlives(page: Page, { opens, field, typed, draft }: Form) {
  await page.reload();
  await opens();
  await field().waitFor();
  expect(await field().inputValue()).toContain(typed);
  expect(await kept(page)).toEqual([draft]);
}
async function isGone(page: Page) {
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  expect(await kept(page)).toEqual([]);
}

inBrowser('a place of the board keeps what is typed of a training and of an absence until it is made', async () => {
  const trainer = await named(make.trainer(), 'Tatiana');
  const page = await open(`/console/?date=${day}`);
  const opens = async (hour: number, kind: string) => {
    await page.locator(`[data-column="trainer-${trainer}"]`).click({ position: { x: 30, y: (hour - 8) * 72 + 8 } });
    await dialog(page).getByRole('button', { name: kind, exact: true }).click();
  };
  const minutes = () => dialog(page).getByLabel('Minutes');
  await opens(11, 'Training');
  await minutes().fill('75');
  await dialog(page).getByLabel('Start').fill('11:20');
  await dialog(page).getByLabel('Every week until a day').check();
  await outlives(page, { opens: () => opens(11, 'Training'), field: minutes, typed: '75', draft: 'board-training' });
  expect(await dialog(page).getByLabel('Start').inputValue()).toBe('11:20');
  expect(await dialog(page).getByLabel('Every week until a day').isChecked()).toBe(true);
  await dialog(page).getByRole('button', { name: 'Leave it as it is' }).click();
  await opens(15, 'Training');
  expect([await minutes().inputValue(), await dialog(page).getByLabel('Start').inputValue()]).toEqual(['75', '15:00']);
  await dialog(page).getByLabel('Every week until a day').uncheck();
  await dialog(page).getByRole('button', { name: 'Make the training' }).click();
  await page.getByText('Made: ').first().waitFor();
  await isGone(page);

  const reason = () => dialog(page).getByLabel('Reason');
  await opens(9, 'Absence');
  await reason().fill('a dentist');
  await dialog(page).getByLabel('Whole days').check();
  await outlives(page, { opens: () => opens(9, 'Absence'), field: reason, typed: 'a dentist', draft: 'board-absence' });
  expect(await dialog(page).getByLabel('Whole days').isChecked()).toBe(true);
  await dialog(page).getByLabel('Whole days').uncheck();
  await dialog(page).getByRole('button', { name: 'Enter an absence' }).click();
  const away = page.locator('[data-entry^="absence-"]').first();
  await away.waitFor();
  await isGone(page);

  const changes = async () => {
    await away.click();
    await dialog(page).getByRole('button', { name: 'Change' }).click();
  };
  const [{ id }] = (await world.api.get(`/api/specialist-absences?specialist_id=${trainer}&from=${day}`)).body.items;
  await changes();
  await reason().fill('an optician');
  await outlives(page, { opens: changes, field: reason, typed: 'an optician', draft: `away-${id}` });
  await dialog(page).getByRole('button', { name: 'Save' }).click();
  await isGone(page);
  expect((await world.api.get(`/api/specialist-absences/${id}`)).body.reason).toBe('an optician');
  expect(world.complaints()).toEqual([]);
});

inBrowser('a booking whose day has passed since it was typed begins at the day of the board', async () => {
  const yesterday = addDays(dayOf(new Date(), world.api.fleet.settings.zone), -1);
  const page = await open(`/console/?date=${day}`);
  const date = () => dialog(page).getByLabel('Date').first();
  const opens = async () => {
    await page.keyboard.press('n');
    await dialog(page).getByRole('button', { name: 'Booking', exact: true }).click();
    await date().waitFor();
  };
  await opens();
  await date().fill(addDays(day, 1));
  await page.reload();
  await page.locator('[data-column]').first().waitFor();
  await opens();
  expect(await date().inputValue()).toBe(addDays(day, 1));
  await page.evaluate((to) => {
    const key = Object.keys(localStorage).find((one) => one.endsWith('.board-booking')) as string;
    localStorage[key] = JSON.stringify({ ...JSON.parse(String(localStorage[key])), day: to });
  }, yesterday);
  await page.reload();
  await page.locator('[data-column]').first().waitFor();
  await opens();
  expect(await date().inputValue()).toBe(day);
});

inBrowser('where an entry is to go, why it is called off, and who gives a day are there again', async () => {
  const [trainer, other] = [await named(make.trainer(), 'Mover'), await named(make.trainer(), 'Taker')];
  const [moved, over, given] = [
    await make.training({ trainer, at: at('10:00') }),
    await make.training({ trainer, at: at('13:00') }),
    await make.training({ trainer, at: at('16:00') }),
  ];
  const page = await open(`/console/?date=${day}`);
  const opens = async (id: number, act: string) => {
    await page.locator(`[data-entry="training-${id}"]`).click();
    await dialog(page).getByRole('button', { name: act }).click();
  };
  const start = () => dialog(page).getByLabel('Start');
  await opens(moved, 'Move');
  await start().fill('11:30');
  await outlives(page, { opens: () => opens(moved, 'Move'), field: start, typed: '11:30', draft: `board-training-${moved}` });
  await dialog(page).getByRole('button', { name: 'Move' }).click();
  await page.getByRole('dialog', { name: /11:30/ }).getByRole('button', { name: 'Move' }).click();
  await page.getByText('Moved: ').first().waitFor();
  await isGone(page);

  const reason = () => dialog(page).getByLabel('Reason');
  await opens(over, 'Call off');
  await reason().fill('the boiler');
  await outlives(page, {
    opens: () => opens(over, 'Call off'),
    field: reason,
    typed: 'the boiler',
    draft: `board-training-${over}`,
  });
  await dialog(page).getByRole('button', { name: 'Call off' }).click();
  await page.getByText('Called off: ').first().waitFor();
  await isGone(page);

  const handOver = async () => {
    await page.getByRole('button', { name: 'More', exact: true }).click();
    await page.getByText('Give the day’s trainings to another trainer').click();
    await dialog(page).getByLabel('Who gives them').first().waitFor();
  };
  await handOver();
  await choose(page, 'Whose trainings', 'Mover');
  await choose(page, 'Who gives them', 'Taker');
  await dialog(page)
    .getByLabel(/^11:30/)
    .uncheck();
  await page.reload();
  await handOver();
  await dialog(page).getByText('Taker').first().waitFor();
  expect([
    await dialog(page)
      .getByLabel(/^11:30/)
      .isChecked(),
    await dialog(page)
      .getByLabel(/^16:00/)
      .isChecked(),
  ]).toEqual([false, true]);
  await dialog(page).getByRole('button', { name: 'Give 1 training' }).click();
  await page.getByText('gives 1 training now').first().waitFor();
  await isGone(page);
  const trainers = await world.api.db.anyFirst(sql.unsafe`
    select trainer_id from real_trainings where id = any(${sql.array([moved, given], 'int4')}) order by id`);
  expect(trainers).toEqual([trainer, other]);
});

inBrowser('on a card: who pays, how they pay, and why all bookings are cancelled are there again', async () => {
  const [client, payer] = [await named(make.student(), 'Robin'), await named(make.client(), 'Fatherly')];
  const service = await make.service();
  const specialist = await make.specialist([service]);
  await world.api.post('/bookings', {
    client_id: client,
    service_id: service,
    specialist_id: specialist,
    starts_at: inHours(60),
  });
  const page = await open(`/console/people/${client}`);
  const cancels = () => page.getByRole('button', { name: 'Cancel bookings (1)' }).click();
  const reason = () => dialog(page).getByLabel('Reason');
  await cancels();
  await reason().fill('moves away');
  await dialog(page).getByLabel('The studio’s: everything goes back').check();
  await outlives(page, { opens: cancels, field: reason, typed: 'moves away', draft: `cancel-bookings-${client}` });
  expect(await dialog(page).getByLabel('The studio’s: everything goes back').isChecked()).toBe(true);
  await dialog(page).getByRole('button', { name: 'Cancel them all' }).click();
  await page.getByText('1 booking is cancelled.').first().waitFor();
  await isGone(page);

  const method = async () => {
    await page.getByRole('button', { name: 'More', exact: true }).click();
    await page.getByText('Usual way to pay').click();
    await dialog(page).getByLabel('Method').first().waitFor();
  };
  await method();
  await choose(page, 'Method', 'Transfer');
  await page.reload();
  await method();
  await dialog(page).getByText('Transfer').first().waitFor();
  await dialog(page).getByRole('button', { name: 'Save' }).click();
  await page.getByText('Saved: ').first().waitFor();
  await isGone(page);

  const edits = () => page.getByRole('button', { name: 'Edit', exact: true }).click();
  const pays = () => dialog(page).getByLabel('Who pays').first();
  await edits();
  await pick(page, 'Who pays', 'Fatherly');
  await outlives(page, { opens: edits, field: pays, typed: 'Fatherly', draft: `person-${client}` });
  await dialog(page).getByRole('button', { name: 'Save' }).click();
  await page.getByRole('link', { name: 'Fatherly' }).first().waitFor();
  await isGone(page);
  expect(await world.api.db.oneFirst(sql.unsafe`select payer_id from students where id = ${client}`)).toBe(payer);
});

inBrowser('whom a payment is of, when somebody leaves a group, and who waits are there again', async () => {
  const [trainer, student] = [await make.trainer(), await named(make.student(), 'Groupie')];
  const { body: group } = await world.api.post('/api/groups', { name: 'Evening', trainer_id: trainer });
  await world.api.post(`/api/groups/${group.id}/members`, { student_id: student, from: day });
  const [training, template] = [
    await make.training({ trainer, at: at('18:00') }),
    await make.template({ type: await make.type(), trainer }),
  ];
  await world.api.db.query(sql.unsafe`update training_templates set group_id = ${group.id} where id = ${template}`);
  await world.api.db.query(sql.unsafe`
      update real_trainings set training_template_id = ${template}, template_date = training_date, max_participants = 1 where id = ${training}`);
  await world.api.db.query(sql.unsafe`
      insert into real_training_students (real_training_id, student_id, status) values (${training}, ${await make.student()}, 'REGISTERED')`);
  const page = await open('/console/money');
  const pays = () => page.getByRole('button', { name: 'Take a payment' }).click();
  const whom = () => dialog(page).getByLabel('Who pays').first();
  await pays();
  await pick(page, 'Who pays', 'Groupie');
  await dialog(page).getByLabel('Amount').fill('70');
  await outlives(page, { opens: pays, field: whom, typed: 'Groupie', draft: 'pay-anybody' });
  await dialog(page)
    .getByRole('button', { name: /^Take .*70/ })
    .click();
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  await isGone(page);

  await page.goto(`/console/groups/${group.id}`);
  const leaves = () => page.getByRole('button', { name: /^Leaves the group: .*Groupie/ }).click();
  const last = () => dialog(page).getByLabel('Last day');
  const left = addDays(day, 3);
  await leaves();
  await last().fill(left);
  const [member] = (await world.api.get(`/api/groups/${group.id}/members`)).body.items;
  await outlives(page, { opens: leaves, field: last, typed: left, draft: `group-leave-${member.id}` });
  await dialog(page).getByRole('button', { name: 'Leaves', exact: true }).click();
  await page.getByText(left.slice(0, 4)).or(page.getByText(/ – /)).first().waitFor();
  await isGone(page);

  const waits = async () => {
    await page.getByRole('button', { name: 'Waitlist' }).click();
    await page.getByRole('button', { name: 'Put on the waitlist' }).click();
  };
  const whoWaits = () => dialog(page).getByLabel('Student').first();
  await waits();
  await pick(page, 'Student', 'Groupie');
  await outlives(page, { opens: waits, field: whoWaits, typed: 'Groupie', draft: `waiting-${training}` });
  await dialog(page).getByRole('button', { name: 'Put on the waitlist' }).click();
  await page
    .getByText(/^1\. Groupie/)
    .first()
    .waitFor();
  await isGone(page);
});

inBrowser('on a shared desk the next person finds no draft and no mark of the one before, who finds them again', async () => {
  const { api } = world;
  world.complaints();
  const [clerk, other] = [await personOf(api, 'admin'), await personOf(api, 'admin')];
  const student = await named(make.student(), 'Seated');
  const training = await make.training({ trainer: await make.trainer(), at: new Date(Date.now() + 30 * 60_000).toISOString() });
  await api.db.query(sql.unsafe`
    insert into real_training_students (real_training_id, student_id, status) values (${training}, ${student}, 'REGISTERED')`);
  const { training_date } = (await api.get(`/real-trainings/${training}`)).body;
  /** Who marked the student, if anybody. */
  const markedBy = () =>
    api.db.anyFirst(sql.unsafe`
      select author from attendance_marks join real_training_students seat on seat.id = real_training_student_id
      where student_id = ${student} and attendance_marks.status = 'PRESENT'`);
  const page = await open('/console/tasks', clerk);
  const field = () => page.getByLabel('New task');
  const here = () => page.getByRole('group', { name: /^Seated/ }).getByRole('button', { name: 'Here' });
  const enter = async ({ id }: TestPerson) => {
    const { token } = await openSession(api.db, { id, roles: ['admin'] }, 'password', { agent: 'test', address: '' }, new Date());
    await page.context().addCookies([{ name: 'sf_session', value: token, url: api.url }]);
    await page.goto('/console/tasks');
    await field().waitFor();
  };
  const signOut = async () => {
    await page.getByRole('button', { name: /^You: / }).click();
    await page.getByText('Sign out', { exact: true }).click();
    await page.waitForURL('**/console/sign-in**');
    await page.getByLabel('Phone, e-mail or login').waitFor();
  };
  const roster = `/console/day?date=${training_date}&training=${training}`;
  await field().fill('call the plumber');
  await page.goto(roster);
  await here().click();
  await signOut();
  await page.getByLabel('Phone, e-mail or login').fill('somebody@example.com');
  const mine = [`console.draft.${clerk.id}.marks`, `console.draft.${clerk.id}.task`];
  expect((await keys(page)).sort()).toEqual(mine);
  await page.evaluate(() => {
    localStorage['console.draft.task'] = '{"title":"of whomever"}';
  });

  await enter(other);
  expect([await field().inputValue(), (await keys(page)).sort()]).toEqual(['', mine]);
  await page.goto(roster);
  await here().waitFor();
  await signOut();
  expect(await page.getByLabel('Phone, e-mail or login').inputValue()).toBe('');

  await enter(clerk);
  expect(await field().inputValue()).toBe('call the plumber');
  await page.goto(roster);
  await eventually(async () => (await markedBy()).length > 0);
  expect(new Set(await markedBy())).toEqual(new Set([`person:${clerk.id}`]));
  // Nothing was sent as nobody.
  expect(world.complaints()).toEqual([]);
});
