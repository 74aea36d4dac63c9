import { afterAll, beforeAll, expect } from '@jest/globals';
import type { Page } from 'playwright-core';
import { instantOf } from '../../api/web/kit/zone.ts';
import { freePort } from '../../sql/database/embedded.ts';
import { ownProcess } from '../faults/own-process.ts';
import { dayOfClockChange, inDays } from '../support/days.ts';
import { personOf, type TestPerson } from '../support/people.ts';
import { studio } from '../support/studio.ts';
import { builtPages, type ConsoleWorld, consoleWorld, inBrowser } from './browser.ts';

const BERLIN = 'Europe/Berlin';
let world: ConsoleWorld;
let owner: TestPerson;
let trainer: number;
let training_type_id: number;
const processes: { kill(): Promise<void> }[] = [];
beforeAll(async () => {
  if (!process.env.TEST_CHROMIUM) return;
  world = await consoleWorld({ STUDIO_TZ: BERLIN }, { isEmpty: true });
  owner = await personOf(world.api, 'owner');
  const make = studio(world.api.db);
  [trainer, training_type_id] = [await make.trainer(), await make.type()];
});
afterAll(async () => {
  for (const process of processes) await process.kill();
  await world?.close();
});

const at = (day: string, clock: string) => instantOf(`${day}T${clock}:00`, BERLIN);
async function make(starts_at: string) {
  const { status, body } = await world.api.post('/real-trainings', { training_type_id, trainer_id: trainer, starts_at });
  expect({ status, detail: body?.detail }).toEqual({ status: 201, detail: undefined });
  return body.id as number;
}
const stored = async (id: number) =>
  (await world.api.get(`/real-trainings/${id}`)).body as { starts_at: string; version: number };
const entry = (page: Page, id: number) => page.locator(`[data-entry="training-${id}"]`);
/** A desk on the other side of the ocean. */
async function open(day: string, id: number, baseURL = world.api.url) {
  const page = await world.visit({
    token: owner.token,
    baseURL,
    viewport: { width: 1400, height: 1300 },
    timezoneId: 'America/New_York',
  });
  await page.goto(`/console/?date=${day}`);
  await entry(page, id).waitFor();
  return page;
}

inBrowser(
  'the API is killed while a training is carried: nothing is half done, and it can be put again once it is back',
  async () => {
    const [day, port] = [inDays(12), String(await freePort())];
    const start = async () => {
      const process = await ownProcess('api/server.ts', {
        DATABASE_URL: world.api.database.url,
        STUDIO_TZ: BERLIN,
        PORT: port,
        FLEET_DATA_DIR: await builtPages(),
        REDIS_URL: '',
      });
      processes.push(process);
      return process;
    };
    const first = await start();
    const id = await make(at(day, '10:00'));
    const page = await open(day, id, `http://127.0.0.1:${port}`);
    const carry = async () => {
      const box = await entry(page, id).boundingBox();
      if (!box) throw new Error('the entry is not drawn');
      await page.mouse.move(box.x + 20, box.y + 6);
      await page.mouse.down();
      await page.mouse.move(box.x + 20, box.y + 6 + 144, { steps: 4 });
      await page.locator('.ghost').waitFor();
    };
    const agree = () => page.getByRole('dialog').getByRole('button', { name: 'Move', exact: true }).click();
    await carry();
    await first.kill();
    await page.mouse.up();
    await page
      .getByText(/The server did not answer/)
      .first()
      .waitFor();
    expect(await stored(id)).toMatchObject({ starts_at: at(day, '10:00'), version: 1 });
    await entry(page, id).filter({ hasText: '10:00–' }).waitFor();
    await page.locator('.behind').waitFor();
    await start();
    await page.locator('.behind').waitFor({ state: 'detached' });
    await carry();
    await page.mouse.up();
    await agree();
    await page.getByText(/^Moved: /).first().waitFor(); // biome-ignore format: one wait
    expect(await stored(id)).toMatchObject({ starts_at: at(day, '12:00'), version: 2 });
    // The page was not loaded anew, and hears of others again.
    const { version } = await stored(id);
    await world.api.patch(`/real-trainings/${id}`, { starts_at: at(day, '15:00'), version });
    await entry(page, id).filter({ hasText: '15:00–' }).waitFor();
  },
);

for (const [name, forward, hours] of [
  ['23', true, 1],
  ['25', false, 3],
] as const) {
  inBrowser(
    `on a day of ${name} hours, seen from another zone, a training stands and is moved by the studio’s clock`,
    async () => {
      const day = dayOfClockChange(BERLIN, forward);
      const id = await make(at(day, '01:00'));
      const page = await open(day, id);
      await entry(page, id).filter({ hasText: '01:00–' }).waitFor();
      await entry(page, id).focus();
      // Eight quarters of an hour on the clock, over the hour that is left out, or there twice.
      for (const key of ['Enter', ...Array<string>(8).fill('ArrowDown'), 'Enter']) await page.keyboard.press(key);
      await page.getByRole('dialog').getByRole('button', { name: 'Move', exact: true }).click();
      await page.getByText(/^Moved: /).first().waitFor(); // biome-ignore format: one wait
      await entry(page, id).filter({ hasText: '03:00–' }).waitFor();
      const { starts_at } = await stored(id);
      expect(starts_at).toBe(at(day, '03:00'));
      expect((Date.parse(starts_at) - Date.parse(at(day, '01:00'))) / 3_600_000).toBe(hours);
    },
  );
}
