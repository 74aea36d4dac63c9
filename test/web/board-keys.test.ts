import { expect } from '@jest/globals';
import type { Page } from 'playwright-core';
import { addDays } from '../../queues/time/calendar.ts';
import { eventually } from '../support/eventually.ts';
import {
  boardOf,
  dialogOf,
  emptyBoard,
  entryOf,
  focused,
  instantAt,
  said,
  standsAt,
  tabTo,
  trainingAt,
  trainingIs,
} from './board-hand.ts';
import { inBrowser } from './browser.ts';

let [service, specialist, type] = [0, 0, 0];
const on = emptyBoard(async (make) => {
  [service, type] = [await make.service(), await make.type()];
  specialist = await make.specialist([service]);
});

const at = (clock: string) => instantAt(on.world, on.day, clock);
const press = async (page: Page, ...keys: string[]) => {
  for (const key of keys) await page.keyboard.press(key);
};
const dateIs = (page: Page, on: string) => eventually(() => new URL(page.url()).searchParams.get('date') === on);
const training = (clock: string, trainer = specialist) => trainingAt(on.world, { type, trainer, day: on.day, clock });

inBrowser('a booking is made by keys alone, and then moved by keys alone', async () => {
  const client = await on.make.client();
  const { first_name, last_name } = (await on.world.api.get(`/api/people/${client}/card`)).body;
  const { name } = (await on.world.api.get(`/api/services/${service}`)).body;
  await training('09:00');
  const page = await boardOf(on.world, on.owner, `date=${on.day}`);
  await page.locator('[data-entry]').first().waitFor();

  await press(page, 'n');
  await dialogOf(page).getByRole('button', { name: 'Booking' }).waitFor();
  await tabTo(page, (now) => now.inDialog && now.name === 'Booking');
  await press(page, 'Space');
  await dialogOf(page).getByLabel('Service').first().waitFor();
  await tabTo(page, ({ name }) => name === 'The client');
  await page.keyboard.type(first_name);
  await page
    .getByRole('option', { name: `${first_name} ${last_name}` })
    .first()
    .waitFor();
  await press(page, 'ArrowDown', 'Enter');
  await eventually(
    async () => (await dialogOf(page).getByLabel('The client').first().inputValue()) === `${first_name} ${last_name}`,
  );
  // The only service there is stands there already: it is chosen all the same.
  await tabTo(page, ({ name }) => name === 'Service');
  await press(page, 'Enter');
  await page.getByRole('option', { name }).first().waitFor();
  await press(page, 'ArrowDown', 'Enter');
  await page.getByRole('option', { name }).waitFor({ state: 'detached' });
  await dialogOf(page).getByRole('radio', { name: '10:00', checked: true }).waitFor();
  await tabTo(page, ({ role }) => role === 'radio');
  await press(page, 'ArrowRight', 'ArrowDown', 'ArrowLeft');
  await dialogOf(page).getByRole('radio', { name: '10:15', checked: true }).waitFor();
  // All starts together are one stop of Tab.
  await press(page, 'Tab');
  expect((await focused(page)).role).not.toBe('radio');
  await tabTo(page, ({ name }) => /^Book .*10:15.* for /.test(name));
  await press(page, 'Enter');
  await said(page, /^Booked: /);
  const bookings = async () =>
    (await on.world.api.get(`/bookings?specialist_id=${specialist}&from=${on.day}&to=${on.day}`)).body.items;
  const [made] = await bookings();
  expect(made).toMatchObject({ client_id: client, service_id: service, starts_at: at('10:15'), status: 'CONFIRMED' });

  const key = `booking-${made.id}`;
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  await entryOf(page, key).waitFor();
  if ((await focused(page)).entry === null) await tabTo(page, ({ entry }) => entry !== null);
  while ((await focused(page)).entry !== key) await press(page, 'ArrowDown');
  await press(page, 'Enter', 'ArrowDown', 'ArrowDown', 'ArrowDown');
  await page.getByRole('status').filter({ hasText: '11:00–12:00' }).waitFor();
  await press(page, 'Enter');
  await dialogOf(page)
    .getByText(/told: /)
    .waitFor();
  await press(page, 'Enter');
  await said(page, /^Moved: /);
  expect(await bookings()).toMatchObject([{ id: made.id, starts_at: at('11:00'), client_id: client }]);
  await standsAt(page, key, '11:00–12:00');
  // The keys stay with what was moved.
  await eventually(async () => (await focused(page)).entry === key);
  expect(on.world.complaints()).toEqual([]);
});

inBrowser('by keys alone a training is moved by the fields of its dialog', async () => {
  const id = await training('10:00');
  const page = await boardOf(on.world, on.owner, `date=${on.day}`);
  await entryOf(page, `training-${id}`).waitFor();
  await tabTo(page, ({ entry }) => entry !== null);
  await press(page, 'Space');
  await tabTo(page, (now) => now.inDialog && now.name === 'Move');
  await press(page, 'Enter');
  // The cursor is in the first field, and comes to the next by Tab.
  await eventually(async () => (await focused(page)).name === 'Date');
  await tabTo(page, ({ name }) => name === 'Start');
  await press(page, 'ArrowUp', 'ArrowUp');
  await tabTo(page, ({ name }) => name === 'Minutes');
  await press(page, 'ArrowUp', 'Enter');
  await dialogOf(page)
    .getByText(/12:00–13:05/)
    .waitFor();
  await press(page, 'Enter');
  await trainingIs(on.world, id, { starts_at: at('12:00'), ends_at: at('13:05') });
});

inBrowser('the board is one stop of Tab: arrows go through entries and absences, of a day and of a week', async () => {
  const other = await on.make.trainer();
  const [first, second, third] = [await training('10:00'), await training('12:00'), await training('12:30', other)];
  const { status, body } = await on.world.api.post('/api/specialist-absences', {
    ...{ specialist_id: other, reason: 'dentist' },
    ...{ from: at('15:00'), to: at('16:00') },
  });
  expect(status).toBe(201);
  const page = await boardOf(on.world, on.owner, `date=${on.day}`);
  const stops = () =>
    page
      .getByRole('region', { name: 'Board' })
      .evaluate((board) => [...board.querySelectorAll('button, a, [tabindex]')].filter((one) => one.tabIndex >= 0).length);
  const here = async (key: string) => eventually(async () => (await focused(page)).entry === key);
  for (const key of [`training-${first}`, `training-${third}`, `absence-${body.id}`]) await entryOf(page, key).waitFor();
  expect(await stops()).toBe(1);
  await tabTo(page, ({ entry }) => entry !== null);
  await here(`training-${first}`);
  await press(page, 'ArrowDown');
  await here(`training-${second}`);
  await press(page, 'ArrowRight');
  await here(`training-${third}`);
  await press(page, 'ArrowDown');
  await here(`absence-${body.id}`);
  expect(await stops()).toBe(1);
  await press(page, 'Tab');
  expect((await focused(page)).entry).toBeNull();
  await press(page, 'Shift+Tab');
  await here(`absence-${body.id}`);

  // In a week the absence is named above its day: Enter opens it there, and does not pick it up.
  await page.goto(`/console/?date=${on.day}&view=week`);
  await entryOf(page, `absence-${body.id}`).waitFor();
  expect(await stops()).toBe(1);
  await entryOf(page, `training-${first}`).focus();
  for (let step = 0; step < 3; step += 1) await press(page, 'ArrowDown');
  await here(`absence-${body.id}`);
  expect(await stops()).toBe(1);
  await press(page, 'Enter');
  await dialogOf(page).getByText('dentist').first().waitFor();
  expect(await page.locator('.ghost').count()).toBe(0);
  expect(on.world.complaints()).toEqual([]);
});

inBrowser('what is picked up by keys stays on its days, and is put back where one leaves the board', async () => {
  const id = await training('10:00');
  const page = await boardOf(on.world, on.owner, `date=${on.day}`);
  await entryOf(page, `training-${id}`).focus();
  await press(page, 'Enter', 'ArrowDown');
  const ghost = page.locator('.ghost', { hasText: '10:15–11:15' });
  await ghost.waitFor();
  for (const key of ['PageDown', 't', 'n', '?', '/', 'Control+z']) {
    await press(page, key);
    expect([key, new URL(page.url()).searchParams.get('date'), await page.getByRole('dialog').count()]).toEqual([key, on.day, 0]);
  }
  await press(page, 'ArrowDown');
  await page.locator('.ghost', { hasText: '10:30–11:30' }).waitFor();
  await press(page, 'Tab');
  await page.locator('.ghost').waitFor({ state: 'detached' });
  await trainingIs(on.world, id, { starts_at: at('10:00') });
  await press(page, 'PageDown');
  await dateIs(page, addDays(on.day, 7));
  await press(page, 'PageUp');
  await dateIs(page, on.day);
  await press(page, 't');
  await eventually(() => new URL(page.url()).searchParams.get('date') === null);
});
