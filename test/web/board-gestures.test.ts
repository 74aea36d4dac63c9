import { expect } from '@jest/globals';
import type { CDPSession, Page } from 'playwright-core';
import { addDays, dayOf } from '../../queues/time/calendar.ts';
import { eventually } from '../support/eventually.ts';
import * as hand from './board-hand.ts';
import { agree, boardOf, boxOf, carry, dialogOf, drag, entryOf, HOUR, said, standsAt, trainingIs } from './board-hand.ts';
import { type ConsoleWorld, inBrowser, violations } from './browser.ts';

let [trainer, other, type] = [0, 0, 0];
const on = hand.emptyBoard(async (make) => {
  [trainer, other, type] = [await make.trainer(), await make.trainer(), await make.type()];
});

const at = (clock: string) => hand.instantAt(on.world, on.day, clock);
const training = (clock: string, more: { room?: number; minutes?: number; who?: number } = {}) =>
  hand.trainingAt(on.world, { type, trainer: more.who ?? trainer, day: on.day, clock, ...more });
const open = async (id: number, query = '', more: Parameters<ConsoleWorld['visit']>[0] = {}) => {
  const page = await boardOf(on.world, on.owner, `date=${on.day}${query}`, more);
  await entryOf(page, `training-${id}`).waitFor();
  return page;
};
/** Notes what is asked of the server that is more than reading. */
function writes(page: Page) {
  const asked: string[] = [];
  page.on('request', (request) => request.method() !== 'GET' && asked.push(`${request.method()} ${request.url()}`));
  return asked;
}

inBrowser('an edge that is dragged changes how long a training takes, after it was said what that means; Undo', async () => {
  const id = await training('10:00');
  const key = `training-${id}`;
  const page = await open(id);
  const { x, y, height } = await boxOf(page, key);
  const edge = { x: x + 20, y: y + height - 2 };
  await drag(page, edge, { x: edge.x + 400, y: edge.y + HOUR / 2 });
  await page.locator(`[data-column="trainer-${trainer}"] .ghost`, { hasText: '10:00–11:30' }).waitFor();
  await page.mouse.up();
  await dialogOf(page)
    .getByText(/1 person is told/)
    .waitFor();
  await dialogOf(page)
    .getByText(/10:00–11:30/)
    .waitFor();
  await trainingIs(on.world, id, { ends_at: at('11:00') });
  await agree(page);
  await said(page, /^Moved: /);
  await trainingIs(on.world, id, { starts_at: at('10:00'), ends_at: at('11:30'), trainer_id: trainer });
  await standsAt(page, key, '10:00–11:30');
  await page.getByRole('button', { name: 'Undo' }).click();
  await said(page, 'Taken back. Nobody was told.');
  await trainingIs(on.world, id, { ends_at: at('11:00') });
  await standsAt(page, key, '10:00–11:00');
  expect(on.world.complaints()).toEqual([]);
});

inBrowser('what stands off the quarters of an hour keeps its minute where only its column is changed', async () => {
  const id = await training('10:10', { minutes: 50 });
  const page = await open(id);
  await carry(page, `training-${id}`, { hours: 5 / 60, to: `trainer-${other}` });
  await page.locator('.ghost', { hasText: '10:10–11:00' }).waitFor();
  await page.mouse.up();
  await agree(page);
  await trainingIs(on.world, id, { starts_at: at('10:10'), ends_at: at('11:00'), trainer_id: other });
});

const touch = (line: CDPSession, what: 'touchStart' | 'touchMove' | 'touchEnd', spot?: { x: number; y: number }) =>
  line.send('Input.dispatchTouchEvent', { type: what, touchPoints: spot ? [spot] : [] });

inBrowser('a finger that rests for 300 ms carries, a swipe scrolls, a tap opens', async () => {
  const id = await training('14:10');
  const key = `training-${id}`;
  const page = await open(id, '', { hasTouch: true, viewport: { width: 1100, height: 700 } });
  const asked = writes(page);
  const line = await page.context().newCDPSession(page);
  const board = page.getByRole('region', { name: 'Board' });
  const scrolled = () => board.evaluate((frame) => frame.scrollTop);
  const spot = async () => {
    const box = await boxOf(page, key);
    return { x: Math.round(box.x + 40), y: Math.round(box.y + 20) };
  };

  const before = await scrolled();
  let from = await spot();
  await touch(line, 'touchStart', from);
  for (let step = 1; step <= 6; step += 1) await touch(line, 'touchMove', { x: from.x, y: from.y + step * 15 });
  await touch(line, 'touchEnd');
  await eventually(async () => (await scrolled()) < before);
  expect(await page.locator('.ghost').count()).toBe(0);

  // Carried nowhere it stays where it is, off the quarters or not.
  from = await spot();
  await touch(line, 'touchStart', from);
  await page.locator('.ghost', { hasText: '14:10–15:10' }).waitFor();
  await touch(line, 'touchEnd');
  await page.locator('.ghost').waitFor({ state: 'detached' });
  expect([await page.getByRole('dialog').count(), asked]).toEqual([0, []]);

  from = await spot();
  await touch(line, 'touchStart', from);
  await page.locator('.ghost').waitFor();
  const rested = await scrolled();
  for (let step = 1; step <= 6; step += 1) await touch(line, 'touchMove', { x: from.x, y: from.y + (step * HOUR) / 6 });
  await page.locator('.ghost', { hasText: '15:15–16:15' }).waitFor();
  expect(await scrolled()).toBe(rested);
  await touch(line, 'touchEnd');
  await agree(page);
  await trainingIs(on.world, id, { starts_at: at('15:15') });
  await standsAt(page, key, '15:15–');

  from = await spot();
  await page.touchscreen.tap(from.x, from.y);
  await dialogOf(page).getByText('Places taken').waitFor();
});

inBrowser('columns are rooms: what is dragged to another one changes its room, and a booking never loses its own', async () => {
  const location = await on.make.location();
  const [red, blue] = [await on.make.roomAt(location), await on.make.roomAt(location)];
  const service = await on.make.service({ rooms: [red, blue] });
  const specialist = await on.make.specialist([service], { location });
  const booking = await on.make.booking({
    ...{ client: await on.make.client(), specialist, service, location, room: red },
    at: at('12:00'),
  });
  const [id, roomless] = [await training('10:00', { room: red }), await training('16:00', { who: other })];
  const roomOf = async () => (await on.world.api.get(`/bookings/${booking}`)).body.room_id;
  const page = await open(id, '&by=room');
  const asked = writes(page);
  expect(await page.locator('.column').count()).toBe(3);
  expect(await violations(page)).toEqual([]);

  await carry(page, `training-${id}`, { to: `room-${blue}` });
  await page.locator(`[data-column="room-${blue}"] .ghost`, { hasText: '10:00–11:00' }).waitFor();
  await page.mouse.up();
  await agree(page);
  await trainingIs(on.world, id, { room_id: blue, starts_at: at('10:00'), trainer_id: trainer });
  await page.locator(`[data-column="room-${blue}"] [data-entry="training-${id}"]`).waitFor();

  await carry(page, `booking-${booking}`, { to: `room-${blue}` });
  await page.mouse.up();
  await agree(page);
  await eventually(async () => (await roomOf()) === blue);
  await page.locator(`[data-column="room-${blue}"] [data-entry="booking-${booking}"]`).waitFor();

  await page.getByRole('dialog').waitFor({ state: 'detached' });
  asked.length = 0;
  await carry(page, `booking-${booking}`, { to: 'room-null' });
  await page.locator(`[data-column="room-${blue}"] .ghost`).waitFor();
  await page.mouse.up();
  await page.locator('.ghost').waitFor({ state: 'detached' });
  expect([asked, await roomOf()]).toEqual([[], blue]);

  await carry(page, `training-${roomless}`, { to: `room-${red}` });
  await page.mouse.up();
  await agree(page);
  await trainingIs(on.world, roomless, { room_id: red });
  expect(on.world.complaints()).toEqual([]);
});

inBrowser('a training is moved by the fields of its dialog', async () => {
  const id = await training('10:00');
  const page = await open(id);
  await entryOf(page, `training-${id}`).click();
  await dialogOf(page).getByRole('button', { name: 'Move' }).click();
  await dialogOf(page).getByLabel('Start').fill('14:40');
  await dialogOf(page).getByLabel('Minutes').fill('45');
  expect(await violations(page)).toEqual([]);
  await agree(page);
  await dialogOf(page)
    .getByText(/14:40–15:25/)
    .waitFor();
  await agree(page);
  await trainingIs(on.world, id, { starts_at: at('14:40'), ends_at: at('15:25') });
  await standsAt(page, `training-${id}`, '14:40–15:25');
});

inBrowser(
  'nothing moves under the pointer: what others change waits while something is carried, pressed or pointed at',
  async () => {
    const [id, carried] = [await training('10:00'), await training('12:00', { who: other })];
    const key = `training-${id}`;
    const page = await open(id);
    const elsewhere = async (clock: string) => {
      const { version } = await hand.trainingNow(on.world, id);
      const { status } = await on.world.api.patch(`/real-trainings/${id}`, { starts_at: at(clock), version });
      expect(status).toBe(200);
    };
    /** The page knows of the change, and shows the entry where it was. */
    const waits = async (times: string) =>
      expect(
        await page
          .locator('.entry.marked')
          .filter({ has: entryOf(page, key) })
          .innerText(),
      ).toContain(times);

    await carry(page, `training-${carried}`, { hours: 1 });
    await elsewhere('15:00');
    await waits('10:00');
    await page.keyboard.press('Escape');
    await page.mouse.up();
    await standsAt(page, key, '15:00–');

    const { x, y } = await boxOf(page, key);
    await page.mouse.move(x + 20, y + 6);
    await page.mouse.down();
    await elsewhere('17:00');
    await waits('15:00');
    await page.mouse.up();
    await dialogOf(page)
      .getByText(/17:00–18:00/)
      .waitFor();
    await dialogOf(page).getByRole('button', { name: 'Close' }).click();
    await standsAt(page, key, '17:00–');

    // A pointer that goes on moving over the entry, as the page's own clock counts it.
    await page.evaluate(
      `globalThis.pointing = setInterval(() => document.querySelector('[data-entry="${key}"]').dispatchEvent(new PointerEvent('pointermove', { bubbles: true })), 50)`,
    );
    await elsewhere('19:00');
    await waits('17:00');
    await page.evaluate('clearInterval(globalThis.pointing)');
    await standsAt(page, key, '19:00–');
  },
);

inBrowser(
  'what is not confirmed, held, called off or missed differs in edge, icon and words, and only what stands is carried',
  async () => {
    on.day = addDays(dayOf(new Date(), on.world.api.fleet.settings.zone), -1);
    const service = await on.make.service();
    const specialist = await on.make.specialist([service]);
    const booking = async (clock: string, more = {}) =>
      `booking-${await on.make.booking({ client: await on.make.client(), specialist, service, at: at(clock), ...more })}`;
    const [pending, missed, came, planned] = [
      await booking('08:00', { heldUntil: new Date(Date.now() + 3_600_000).toISOString() }),
      await booking('10:00'),
      await booking('12:00'),
      await booking('16:00'),
    ];
    for (const [key, status] of [
      [missed, 'NO_SHOW'],
      [came, 'COMPLETED'],
    ] as const)
      expect((await on.world.api.post(`/bookings/${key.slice(8)}/close`, { status })).status).toBe(200);
    const gone = `training-${await on.make.training({ trainer: specialist, at: at('14:00'), isCancelled: true })}`;
    const page = await boardOf(on.world, on.owner, `date=${on.day}`);
    await entryOf(page, planned).waitFor();
    const look = (key: string) =>
      page.evaluate<Record<string, string>>(`(() => {
      const body = document.querySelector('[data-entry="${key}"]'), entry = body.closest('.entry'), style = getComputedStyle(entry);
      return {
        edge: style.borderInlineStartStyle + ' ' + style.borderInlineStartWidth,
        tone: style.borderInlineStartColor,
        icon: body.querySelector('svg path').getAttribute('d'),
        words: body.querySelector('.line').textContent,
        cursor: getComputedStyle(body).cursor,
        struck: getComputedStyle(body.querySelector('.name')).textDecorationLine,
      };
    })()`);
    const [held, away, done, off, stands] = await Promise.all([pending, missed, came, gone, planned].map(look));
    expect(held).toMatchObject({ edge: 'dotted 4px', words: expect.stringContaining('not confirmed'), cursor: 'pointer' });
    expect(away).toMatchObject({ edge: 'double 6px', words: expect.stringContaining('did not come'), struck: 'none' });
    expect(done).toMatchObject({ edge: 'solid 4px', words: expect.stringContaining('done') });
    expect(off).toMatchObject({ edge: 'dashed 4px', words: expect.stringContaining('cancelled'), struck: 'line-through' });
    expect(stands).toMatchObject({ edge: 'solid 4px', words: expect.stringContaining('planned') });
    const icons = [held, away, done, off, stands].map((one) => one?.icon);
    expect(new Set(icons).size).toBe(icons.length);
    expect(new Set([held?.tone, away?.tone, done?.tone, stands?.tone]).size).toBe(4);
    expect(await violations(page)).toEqual([]);
    // What is over, or waits for its client, is not carried.
    await carry(page, pending, { hours: 1 });
    expect(await page.locator('.ghost').count()).toBe(0);
    await page.mouse.up();
    // Let go beside itself it is no click at a free place, which would ask what to add.
    await carry(page, planned, { hours: -1 });
    await page.mouse.up();
    await entryOf(page, planned).click();
    await dialogOf(page).getByText('Status').waitFor();
    expect(await page.getByRole('dialog').count()).toBe(1);
  },
);

inBrowser('a training is copied to next week, and Undo takes the copy back', async () => {
  const id = await training('10:00', { minutes: 90 });
  const page = await open(id);
  const next = addDays(on.day, 7);
  const copies = async () => {
    const { body } = await on.world.api.get(`/real-trainings?trainer_id=${trainer}&from=${next}&to=${next}`);
    return body.items.map((one: { starts_at: string; ends_at: string }) => [one.starts_at, one.ends_at]);
  };
  await entryOf(page, `training-${id}`).click();
  await dialogOf(page).getByRole('button', { name: 'Copy to next week' }).click();
  await said(page, /^Copied to /);
  const [starts, ends] = ['10:00', '11:30'].map((clock) => hand.instantAt(on.world, next, clock));
  expect(await copies()).toEqual([[starts, ends]]);
  await page.getByRole('button', { name: 'Undo' }).click();
  await said(page, 'Taken back. Nobody was told.');
  expect(await copies()).toEqual([]);
  expect(on.world.complaints()).toEqual([]);
});
