import { afterAll, beforeAll, beforeEach, expect } from '@jest/globals';
import type { Page } from 'playwright-core';
import { instantOf } from '../../api/web/kit/zone.ts';
import { addDays, dayOf } from '../../queues/time/calendar.ts';
import { salon } from '../bookings/salon.ts';
import { eventually } from '../support/eventually.ts';
import { personOf, type TestPerson } from '../support/people.ts';
import { type ConsoleWorld, consoleWorld, inBrowser, violations } from './browser.ts';

/** Pixels of an hour on the board, which begins at 8. */
const HOUR = 72;
let world: ConsoleWorld;
let make: ReturnType<typeof salon>;
let owner: TestPerson;
let service: number;
let specialist: number;
/** The day of a test: each has one of its own, so that nothing one made is in another's way. */
let day: string;
let daysUsed = 9;

const at = (clock: string) => instantOf(`${day}T${clock}:00`, world.api.fleet.settings.zone);
const dialog = (page: Page) => page.getByRole('dialog').last();
const free = (page: Page, hour: number, id = specialist) =>
  page.locator(`[data-column="trainer-${id}"]`).click({ position: { x: 30, y: (hour - 8) * HOUR + 8 } });
const bookings = async () => (await world.api.get(`/bookings?specialist_id=${specialist}&from=${day}&to=${day}`)).body.items;
const absences = async () => (await world.api.get(`/api/specialist-absences?specialist_id=${specialist}&from=${day}`)).body.items;
const choose = async (page: Page, label: string | RegExp, option: string | RegExp) => {
  await dialog(page).getByLabel(label).first().click({ force: true });
  await page.getByRole('option', { name: option }).first().click();
};

beforeAll(async () => {
  if (!process.env.TEST_CHROMIUM) return;
  world = await consoleWorld();
  make = salon(world.api.db);
  owner = await personOf(world.api, 'owner');
  service = await make.service();
});
afterAll(() => world?.close());
beforeEach(async () => {
  if (!world) return;
  daysUsed += 1;
  day = addDays(dayOf(new Date(), world.api.fleet.settings.zone), daysUsed);
  specialist = await make.specialist([service]);
  world.complaints();
});

async function open(person: TestPerson = owner, query = '') {
  const page = await world.visit({ token: person.token, viewport: { width: 1400, height: 1300 }, timezoneId: 'Asia/Tokyo' });
  await page.goto(`/console/?date=${day}${query}`);
  await page.locator('[data-entry], [data-column]').first().waitFor();
  return page;
}
async function booked(clock: string) {
  const client = await make.client();
  const { status, body } = await world.api.post('/bookings', {
    client_id: client,
    service_id: service,
    specialist_id: specialist,
    starts_at: at(clock),
  });
  expect({ status, detail: body?.detail }).toEqual({ status: 201, detail: undefined });
  return { client, id: body.id as number };
}

inBrowser('a booking is made at a free place; where it is not free the dialog says so and offers what is', async () => {
  const { id } = await booked('12:00');
  const client = await make.client();
  const { first_name } = (await world.api.get(`/api/people/${client}/card`)).body;
  const page = await open();
  await page.locator(`[data-entry="booking-${id}"]`).waitFor();
  await page.keyboard.press('n');
  await dialog(page).getByRole('button', { name: 'Booking' }).click();
  await page.keyboard.press('Escape');
  await free(page, 13.5);
  await dialog(page).getByRole('button', { name: 'Booking' }).click();
  await dialog(page).getByLabel('The client').first().fill(first_name);
  await page.getByRole('option', { name: first_name }).first().click();
  await choose(page, 'Service', /^Услуга/);
  await dialog(page).getByRole('radio', { name: '13:30', checked: true }).waitFor();
  expect(await violations(page)).toEqual([]);
  await dialog(page)
    .getByRole('button', { name: /^Book .*13:30.* for .*1,000/ })
    .click();
  await page
    .getByText(/^Booked: /)
    .first()
    .waitFor();
  await page.locator('[data-entry^="booking-"]', { hasText: '13:30–14:30' }).waitFor();
  expect(await bookings()).toMatchObject([{ starts_at: at('12:00') }, { starts_at: at('13:30'), client_id: client }]);

  await page.keyboard.press('n');
  await page.keyboard.press('Escape');
  await free(page, 11.75);
  await dialog(page).getByRole('button', { name: 'Booking' }).click();
  await choose(page, 'Service', /^Услуга/);
  await dialog(page).getByText('11:45 is not free. These starts are:').first().waitFor();
  expect(await dialog(page).getByRole('radio', { name: '12:00' }).count()).toBe(0);
  expect(world.complaints()).toEqual([]);
});

inBrowser('of two who book the same place the later one is told in place, and nothing typed is lost', async () => {
  const { id } = await booked('09:00');
  const client = await make.client();
  const { first_name } = (await world.api.get(`/api/people/${client}/card`)).body;
  const page = await open();
  await page.locator(`[data-entry="booking-${id}"]`).waitFor();
  await free(page, 15);
  await dialog(page).getByRole('button', { name: 'Booking' }).click();
  await dialog(page).getByLabel('The client').first().fill(first_name);
  await page.getByRole('option', { name: first_name }).first().click();
  await choose(page, 'Service', /^Услуга/);
  await dialog(page).getByRole('radio', { name: '15:00', checked: true }).waitFor();
  await page.route('**/bookings', async (route) => {
    if (route.request().method() === 'POST') await booked('15:00');
    await route.continue();
  });
  await dialog(page)
    .getByRole('button', { name: /^Book / })
    .click();
  await dialog(page).getByText('That time has just been taken.').first().waitFor();
  await dialog(page).getByText('15:00 is not free.').first().waitFor();
  expect(await dialog(page).getByLabel('The client').first().inputValue()).toContain(first_name);
  expect((await bookings()).length).toBe(2);
});

inBrowser('a booking is called off on the board, and Undo brings it back', async () => {
  const { id } = await booked('12:00');
  const page = await open();
  await page.locator(`[data-entry="booking-${id}"]`).click();
  await dialog(page).getByRole('button', { name: 'Call off' }).click();
  await dialog(page).getByLabel('Reason').fill('the boiler');
  await dialog(page).getByRole('button', { name: 'Call off' }).click();
  await page
    .getByText(/^Called off: /)
    .first()
    .waitFor();
  expect((await bookings())[0].status).toBe('CANCELLED');
  await page.getByRole('button', { name: 'Undo' }).click();
  await page.getByText('Taken back. Nobody was told.').first().waitFor();
  expect((await bookings())[0].status).toBe('CONFIRMED');
});

inBrowser('an absence is entered at a free place, moved by keys, ended, and each of it taken back', async () => {
  const { id } = await booked('16:30');
  const page = await open();
  await page.locator(`[data-entry="booking-${id}"]`).waitFor();
  await free(page, 16);
  await dialog(page).getByRole('button', { name: 'Absence' }).click();
  await dialog(page).getByText('1 entry stands then and stays until somebody decides:').first().waitFor();
  await dialog(page).getByLabel('Reason').fill('dentist');
  expect(await violations(page)).toEqual([]);
  await dialog(page).getByRole('button', { name: 'Enter an absence' }).click();
  await eventually(async () => (await absences()).length === 1);
  expect(await absences()).toMatchObject([{ from_at: at('16:00'), to_at: at('17:00'), reason: 'dentist' }]);

  const gone = page.getByRole('button', { name: /dentist/ });
  await gone.focus();
  for (const key of ['Enter', 'ArrowDown', 'ArrowDown', 'ArrowRight', '+', 'Enter']) await page.keyboard.press(key);
  await eventually(async () => (await absences())[0].from_at === at('16:30'));
  expect(await absences()).toMatchObject([{ to_at: at('17:45'), specialist_id: specialist }]);
  await page
    .getByText(/^Moved: dentist/)
    .first()
    .waitFor();
  await page.keyboard.press('Control+z');
  await eventually(async () => (await absences())[0].from_at === at('16:00'));

  await page.getByRole('button', { name: /16:00–17:00, dentist/ }).click();
  await dialog(page).getByRole('button', { name: 'Change' }).click();
  await dialog(page).getByLabel('End').fill('15:00');
  await dialog(page).getByText('The end must be after the start.').first().waitFor();
  await dialog(page).getByLabel('End').fill('18:00');
  expect(await violations(page)).toEqual([]);
  await dialog(page).getByRole('button', { name: 'Save' }).click();
  await eventually(async () => (await absences())[0].to_at === at('18:00'));

  await page.getByRole('button', { name: /16:00–18:00, dentist/ }).click();
  await dialog(page).getByRole('button', { name: 'There after all' }).click();
  await eventually(async () => (await absences()).length === 0);
  await page.getByRole('button', { name: 'Undo' }).click();
  await eventually(async () => (await absences()).length === 1);
  expect(await absences()).toMatchObject([{ from_at: at('16:00'), to_at: at('18:00'), reason: 'dentist' }]);
});

inBrowser('a trainer blocks the own time, and nobody else’s', async () => {
  const trainer = await personOf(world.api, 'trainer');
  specialist = trainer.id;
  const page = await open(trainer);
  await page.keyboard.press('n');
  await dialog(page).getByRole('heading', { name: 'Absence' }).waitFor();
  expect(await dialog(page).getByLabel('Trainer').count()).toBe(0);
  await dialog(page).getByLabel('Whole days').check();
  await dialog(page).getByRole('button', { name: 'Enter an absence' }).click();
  await eventually(async () => (await absences()).length === 1);
  expect(await absences()).toMatchObject([
    { from_at: at('00:00'), to_at: instantOf(`${addDays(day, 1)}T00:00:00`, world.api.fleet.settings.zone) },
  ]);
});

inBrowser('a training is made every week until a day, called off from one day on, and Undo takes both back', async () => {
  const { id } = await booked('12:00');
  const page = await open();
  await page.locator(`[data-entry="booking-${id}"]`).waitFor();
  await free(page, 15);
  await dialog(page).getByLabel('Every week until a day').check();
  await dialog(page).getByLabel('Until, inclusive').fill(addDays(day, 14));
  await dialog(page)
    .getByText(/^3 trainings, the last on /)
    .waitFor();
  expect(await violations(page)).toEqual([]);
  await dialog(page).getByRole('button', { name: 'Make the training' }).click();
  await page.getByText('Made: 3 trainings').first().waitFor();
  const statuses = async () => {
    const { body } = await world.api.get(`/real-trainings?trainer_id=${specialist}&from=${day}&to=${addDays(day, 14)}`);
    return body.items.map(({ status }: { status: string }) => status);
  };
  expect(await statuses()).toEqual(['scheduled', 'scheduled', 'scheduled']);

  await page.keyboard.press('Escape');
  await page.locator('[data-entry^="training-"]', { hasText: '15:00–' }).click();
  await dialog(page).getByRole('button', { name: 'Call off' }).click();
  await dialog(page).getByLabel('And all that follow in this series').check();
  await dialog(page).getByLabel('Reason').fill('no room');
  expect(await violations(page)).toEqual([]);
  await dialog(page).getByRole('button', { name: 'Call off' }).click();
  await page
    .getByText(/^Called off: /)
    .first()
    .waitFor();
  expect(await statuses()).toEqual(['cancelled', 'cancelled', 'cancelled']);
  await page.getByRole('button', { name: 'Undo' }).click();
  await page.getByText('Taken back. Nobody was told.').first().waitFor();
  expect(await statuses()).toEqual(['scheduled', 'scheduled', 'scheduled']);
});

inBrowser('whether a client came is said of a booking that has begun, and taken back', async () => {
  day = addDays(dayOf(new Date(), world.api.fleet.settings.zone), -1);
  const booking = await make.booking({ client: await make.client(), specialist, service, at: at('12:00') });
  const status = async () => (await world.api.get(`/bookings/${booking}`)).body.status;
  const page = await open();
  const entry = page.locator(`[data-entry="booking-${booking}"]`);
  const shownAs = (state: string) => page.locator(`.entry.${state}`).filter({ has: entry }).locator('[data-entry]');
  await entry.click();
  expect(await violations(page)).toEqual([]);
  await dialog(page).getByRole('button', { name: 'Did not come' }).click();
  await eventually(async () => (await status()) === 'NO_SHOW');
  await page.getByRole('button', { name: 'Undo' }).click();
  await eventually(async () => (await status()) === 'CONFIRMED');
  await shownAs('planned').click();
  await dialog(page).getByRole('button', { name: 'Came', exact: true }).click();
  await eventually(async () => (await status()) === 'COMPLETED');
  await shownAs('done').click();
  await dialog(page).getByRole('button', { name: 'Take the mark back' }).click();
  await eventually(async () => (await status()) === 'CONFIRMED');
  expect(world.complaints()).toEqual([]);
});

const entryOf = (page: Page, id: number) => page.locator(`[data-entry="booking-${id}"]`);
async function carry(page: Page, id: number, hours: number) {
  const box = await entryOf(page, id).boundingBox();
  if (!box) throw new Error('the booking is not drawn');
  await page.mouse.move(box.x + 20, box.y + 6);
  await page.mouse.down();
  await page.mouse.move(box.x + 23, box.y + 12);
  await page.mouse.move(box.x + 20, box.y + 6 + hours * HOUR, { steps: 4 });
  await page.mouse.up();
}
const startOf = async (id: number) => (await world.api.get(`/bookings/${id}`)).body.starts_at;

inBrowser('a booking is dragged after it said what that means; what is in the way is said before anybody agrees', async () => {
  const { id } = await booked('10:00');
  await booked('15:00');
  const page = await open();
  await carry(page, id, 5);
  await page.getByText('The trainer is busy then. Nothing was changed.').first().waitFor();
  expect(await page.getByRole('dialog').count()).toBe(0);
  await carry(page, id, 2);
  await dialog(page)
    .getByText(/^2 people are told: /)
    .waitFor();
  await dialog(page).getByText('The price stays.').waitFor();
  expect(await violations(page)).toEqual([]);
  expect(await startOf(id)).toBe(at('10:00'));
  await dialog(page).getByRole('button', { name: 'Move', exact: true }).click();
  await page
    .getByText(/^Moved: /)
    .first()
    .waitFor();
  expect(await startOf(id)).toBe(at('12:00'));
  await page.getByRole('button', { name: 'Undo' }).click();
  await page.getByText('Taken back. Nobody was told.').first().waitFor();
  expect(await startOf(id)).toBe(at('10:00'));
});

inBrowser('of two who move the same booking the later one is told, and nothing is overwritten', async () => {
  const { id } = await booked('10:00');
  const page = await open();
  await carry(page, id, 2);
  await dialog(page)
    .getByText(/are told: /)
    .waitFor();
  await world.api.post(`/bookings/${id}/reschedule`, { starts_at: at('16:00') });
  await dialog(page).getByRole('button', { name: 'Move', exact: true }).click();
  await page
    .getByText(/Somebody changed it meanwhile/)
    .first()
    .waitFor();
  expect(await startOf(id)).toBe(at('16:00'));
  await entryOf(page, id).filter({ hasText: '16:00–' }).waitFor();
});
