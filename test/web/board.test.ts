import { afterAll, beforeAll, beforeEach, expect } from '@jest/globals';
import type { Page } from 'playwright-core';
import { instantOf } from '../../api/web/kit/zone.ts';
import { addDays, dayOf } from '../../queues/time/calendar.ts';
import { eventually } from '../support/eventually.ts';
import { personOf, type TestPerson } from '../support/people.ts';
import { studio } from '../support/studio.ts';
import { type ConsoleWorld, consoleWorld, inBrowser, violations } from './browser.ts';

/** Pixels of an hour on the board. */
const HOUR = 72;
let world: ConsoleWorld;
let rows: ReturnType<typeof studio>;
let owner: TestPerson;
let trainer: TestPerson;
let other: number;
let day: string;
let training: number;

const at = (clock: string) => instantOf(`${day}T${clock}:00`, world.api.fleet.settings.zone);
async function make(trainerId: number, clock: string): Promise<number> {
  const type = await rows.type();
  const { status, body } = await world.api.post('/real-trainings', {
    training_type_id: type,
    trainer_id: trainerId,
    starts_at: at(clock),
  });
  expect({ status, detail: body?.detail }).toEqual({ status: 201, detail: undefined });
  return body.id;
}

beforeAll(async () => {
  if (!process.env.TEST_CHROMIUM) return;
  world = await consoleWorld();
  [owner, trainer] = [await personOf(world.api, 'owner'), await personOf(world.api, 'trainer')];
  rows = studio(world.api.db);
  other = await rows.trainer();
  day = addDays(dayOf(new Date(), world.api.fleet.settings.zone), 9);
});
afterAll(() => world?.close());
beforeEach(async () => {
  if (!world) return;
  day = addDays(day, 1);
  training = await make(trainer.id, '10:00');
  world.complaints();
});

const entry = (page: Page, id = training) => page.locator(`[data-entry="training-${id}"]`);
async function open(person: TestPerson, query = '') {
  const page = await world.visit({ token: person.token, viewport: { width: 1400, height: 1300 }, timezoneId: 'Asia/Tokyo' });
  await page.goto(`/console/?date=${day}${query}`);
  await entry(page).waitFor();
  return page;
}
const standsAt = (page: Page, clock: string) =>
  entry(page)
    .filter({ hasText: `${clock}–` })
    .waitFor();
const now = async () => {
  const { body } = await world.api.get(`/real-trainings/${training}`);
  return { starts_at: body.starts_at as string, trainer_id: body.trainer_id as number };
};
const isAt = (clock: string) => eventually(async () => (await now()).starts_at === at(clock));

/** Takes an entry by its upper edge and carries it. */
async function carry(page: Page, by: { hours?: number; toColumn?: string }) {
  const box = await entry(page).boundingBox();
  if (!box) throw new Error('the entry is not drawn');
  const column = by.toColumn ? await page.locator(`[data-column="${by.toColumn}"]`).boundingBox() : null;
  await page.mouse.move(box.x + 20, box.y + 6);
  await page.mouse.down();
  await page.mouse.move(box.x + 23, box.y + 12);
  await page.mouse.move((column?.x ?? box.x) + 20, box.y + 6 + (by.hours ?? 0) * HOUR, { steps: 4 });
}
const agree = (page: Page) => page.getByRole('dialog').getByRole('button', { name: 'Move', exact: true }).click();

inBrowser(
  'a drag moves a training after it said what that means, another desk sees who did it, and Undo takes it back',
  async () => {
    const [page, desk] = [await open(owner), await open(await personOf(world.api, 'admin'))];
    await carry(page, { hours: 2 });
    await page.locator('.ghost', { hasText: '12:00–13:00' }).waitFor();
    await page.mouse.up();
    await page
      .getByText(/1 person is told/)
      .first()
      .waitFor();
    expect(await violations(page)).toEqual([]);
    expect((await now()).starts_at).toBe(at('10:00'));
    await agree(page);
    await isAt('12:00');
    await desk.locator('.marked .by', { hasText: 'Somebody (owner)' }).waitFor();
    await standsAt(desk, '12:00');
    await page.getByRole('button', { name: 'Undo' }).click();
    await page.getByText('Taken back. Nobody was told.').first().waitFor();
    expect((await now()).starts_at).toBe(at('10:00'));
    await standsAt(desk, '10:00');
    expect(world.complaints()).toEqual([]);
  },
);

inBrowser('another column is another trainer, and Escape puts back what is carried', async () => {
  const page = await open(owner);
  await carry(page, { hours: 1, toColumn: `trainer-${other}` });
  await page.keyboard.press('Escape');
  await page.mouse.up();
  expect(await page.locator('.ghost').count()).toBe(0);
  expect(await page.getByRole('dialog').count()).toBe(0);
  await carry(page, { toColumn: `trainer-${other}` });
  await page.mouse.up();
  await agree(page);
  await eventually(async () => (await now()).trainer_id === other);
  expect((await now()).starts_at).toBe(at('10:00'));
});

inBrowser('keys alone move a training, and Ctrl+Z takes it back', async () => {
  const page = await open(owner);
  await entry(page).focus();
  for (const key of ['Enter', 'ArrowDown', 'ArrowDown', 'Enter']) await page.keyboard.press(key);
  await page
    .getByRole('dialog')
    .getByText(/is told/)
    .first()
    .waitFor();
  await page.keyboard.press('Enter');
  await isAt('10:30');
  await page
    .getByText(/^Moved: /)
    .first()
    .waitFor();
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  await page.keyboard.press('Control+z');
  await isAt('10:00');
});

inBrowser('what is in the way is said, and nothing moves', async () => {
  await make(trainer.id, '12:00');
  const page = await open(owner);
  await carry(page, { hours: 2 });
  await page.locator('.ghost.meets').waitFor();
  await page.mouse.up();
  await page.getByText('The trainer is busy then. Nothing was changed.').first().waitFor();
  expect((await now()).starts_at).toBe(at('10:00'));
});

inBrowser('what is closed is shaded; what is impossible is hatched while one carries; the week names who is away', async () => {
  await make(trainer.id, '12:00');
  await world.api.post('/api/calendar-overrides', { specialist_id: other, day, intervals: [['09:00', '11:00']] });
  await world.api.post('/api/specialist-absences', {
    specialist_id: other,
    from: at('15:00'),
    to: at('16:00'),
    reason: 'dentist',
  });
  const page = await open(owner);
  const inColumn = (id: number, what: string) => page.locator(`[data-column="trainer-${id}"] .${what}`);
  const drawn = (id: number, what: string) =>
    inColumn(id, what).evaluateAll((spans) =>
      spans.map((span) => [span.offsetTop, span.offsetHeight].map((px) => Math.round(px / 72))),
    );
  // Of the board's hours, 8 to 21.
  await eventually(async () => (await inColumn(other, 'closed').count()) === 2);
  expect(await drawn(other, 'closed')).toEqual([
    [0, 1],
    [3, 10],
  ]);
  expect(await inColumn(trainer.id, 'closed').count()).toBe(0);
  await carry(page, { hours: 1 });
  await inColumn(trainer.id, 'impossible').first().waitFor();
  expect(await drawn(trainer.id, 'impossible')).toEqual([[4, 1]]);
  expect(await drawn(other, 'impossible')).toEqual([
    [7, 1],
    [0, 1],
    [3, 10],
  ]);
  await page.keyboard.press('Escape');
  await page.mouse.up();
  expect(await page.locator('.impossible').count()).toBe(0);
  await page.goto(`/console/?date=${day}&view=week`);
  const away = page.getByRole('region', { name: 'Board' }).getByRole('button', { name: /dentist/ });
  await away.waitFor();
  expect(await violations(page)).toEqual([]);
  await away.click();
  await page.getByRole('dialog').getByText('dentist').first().waitFor();
});

inBrowser(
  'on a low screen the names stay, the first entry is in sight, and what is carried to an edge scrolls the board',
  async () => {
    const late = await make(other, '18:00');
    const page = await open(owner);
    await world.api.ask('DELETE', `/real-trainings/${training}`);
    await page.setViewportSize({ width: 1400, height: 700 });
    await page.reload();
    await entry(page, late).waitFor();
    const board = page.getByRole('region', { name: 'Board' });
    const scrolled = () => board.evaluate((frame) => frame.scrollTop);
    const before = await scrolled();
    expect(before).toBeGreaterThan(0);
    const frame = await board.boundingBox();
    const box = await entry(page, late).boundingBox();
    if (!frame || !box) throw new Error('the board is not drawn');
    expect(box.y).toBeLessThan(frame.y + frame.height);
    const name = await board.locator('.top').nth(1).boundingBox();
    expect(Math.abs((name?.y ?? 0) - frame.y)).toBeLessThan(4);
    await page.mouse.move(box.x + 20, box.y + 6);
    await page.mouse.down();
    await page.mouse.move(box.x + 20, frame.y + 20, { steps: 4 });
    // The pointer rests, and the board goes on until its morning.
    await eventually(async () => (await scrolled()) === 0);
    await page.keyboard.press('Escape');
    await page.mouse.up();
    expect(await page.locator('.ghost').count()).toBe(0);
  },
);

inBrowser('a day without anything offers to add, and not the set-up of a studio that is set up', async () => {
  const page = await open(owner);
  await page.goto(`/console/?date=${addDays(day, 200)}&view=list`);
  await page.getByText('Nothing is planned here').first().waitFor();
  expect(await page.getByRole('link', { name: 'To the set-up' }).count()).toBe(0);
  await page.getByRole('main').getByRole('button', { name: 'Add' }).last().click();
  await page.getByRole('dialog').first().waitFor();
});

inBrowser('of two who move the same training the later one is told, and nothing is overwritten', async () => {
  const page = await open(owner);
  await page.route('**/real-trainings/*', async (route) => {
    const { version } = (await world.api.get(`/real-trainings/${training}`)).body;
    await world.api.ask('PATCH', `/real-trainings/${training}`, { body: { starts_at: at('16:00'), version } });
    await route.continue();
  });
  await carry(page, { hours: 2 });
  await page.mouse.up();
  await page
    .getByText(/Somebody changed it meanwhile/)
    .first()
    .waitFor();
  expect((await now()).starts_at).toBe(at('16:00'));
  await standsAt(page, '16:00');
});

inBrowser('a training is made at a free place and called off from its details; every dialog is accessible', async () => {
  const page = await open(owner);
  await page.locator(`[data-column="trainer-${other}"]`).click({ position: { x: 30, y: 6 * HOUR + 10 } });
  await page.getByRole('dialog').getByLabel('Start').waitFor();
  expect(await page.getByLabel('Start').inputValue()).toBe('14:00');
  expect(await violations(page)).toEqual([]);
  await page.getByRole('button', { name: 'Make the training' }).click();
  await page
    .getByText(/^Made: /)
    .first()
    .waitFor();
  await page.locator('[data-entry]', { hasText: '14:00–15:00' }).click();
  await page.getByRole('dialog').getByText('Places taken').first().waitFor();
  expect(await violations(page)).toEqual([]);
  await page.getByRole('button', { name: 'Call off' }).click();
  await page.getByLabel('Reason').fill('the boiler');
  await page.getByRole('button', { name: 'Call off' }).click();
  await page.locator('[data-entry]', { hasText: /14:00–15:00.*cancelled/ }).waitFor();
  await page.keyboard.press('?');
  await page.getByRole('dialog', { name: 'Keys' }).waitFor();
  expect(await violations(page)).toEqual([]);
});

inBrowser('a trainer sees the own trainings and is offered no move', async () => {
  const strange = await make(other, '10:00');
  const page = await open(trainer);
  expect(await entry(page, strange).count()).toBe(0);
  await carry(page, { hours: 2 });
  expect(await page.locator('.ghost').count()).toBe(0);
  await page.mouse.up();
  await page.keyboard.press('Escape');
  await entry(page).focus();
  await page.keyboard.press('Enter');
  await page.getByRole('dialog').getByRole('link', { name: 'Who comes' }).waitFor();
  expect(await page.getByRole('dialog').getByRole('button', { name: 'Move' }).count()).toBe(0);
});
