import { afterAll, beforeAll, expect } from '@jest/globals';
import { addDays, dayOf } from '../../queues/time/calendar.ts';
import { sql } from '../../sql/database/database.ts';
import { salon } from '../bookings/salon.ts';
import { rounds } from '../support/nightly-only.ts';
import { personOf } from '../support/people.ts';
import { type ConsoleWorld, consoleWorld, inBrowser } from './browser.ts';

/** Ten updates a second are a lot; a window by day is 20 s of them, at night 20 minutes, so three are an hour. */
const LOTS = rounds({ daily: 20, nightly: 1_200 });
const UPDATES = 10;
/** Updates that a window may leave a byte of, and what the browser itself takes meanwhile (compiled code, its own caches). */
const [BYTES_PER_UPDATE, BYTES_ONCE] = [200, 400_000];

let world: ConsoleWorld;
beforeAll(async () => {
  if (!process.env.TEST_CHROMIUM) return;
  world = await consoleWorld();
});
afterAll(() => world?.close());

inBrowser('a board that is left open under ten updates a second holds no more memory later than before', async () => {
  const { db } = world.api;
  const make = salon(db);
  const owner = await personOf(world.api, 'owner');
  await make.type();
  const day = addDays(dayOf(new Date(), world.api.fleet.settings.zone), 9);
  const trainings: number[] = [];
  for (let n = 0; n < UPDATES; n += 1)
    trainings.push(await make.training({ trainer: await make.specialist([]), at: `${day}T10:00:00+03:00` }));
  const page = await world.visit({ token: owner.token, viewport: { width: 1400, height: 900 } });
  await page.goto(`/console/?date=${day}`);
  const seats = (id: number) => page.locator(`[data-entry="training-${id}"] .seats`);
  await seats(trainings[0]!).waitFor();
  const browser = await page.context().newCDPSession(page);
  await browser.send('HeapProfiler.enable');

  let places = 10;
  /** Lots of ten updates, each seen on the page before the next. */
  async function window(lots: number) {
    for (let lot = 0; lot < lots; lot += 1) {
      places = places === 99 ? 10 : places + 1;
      for (const id of trainings)
        await db.query(sql.unsafe`update real_trainings set max_participants = ${places} where id = ${id}`);
      await Promise.all(
        trainings.map((id) =>
          seats(id)
            .filter({ hasText: `/${places}` })
            .waitFor(),
        ),
      );
    }
    await page.locator('.entry.marked').first().waitFor({ state: 'detached' });
    await browser.send('HeapProfiler.collectGarbage');
    await browser.send('HeapProfiler.collectGarbage');
    const { usedSize } = await browser.send('Runtime.getHeapUsage');
    const { nodes, jsEventListeners } = await browser.send('Memory.getDOMCounters');
    return { usedSize, nodes, jsEventListeners };
  }
  await window(Math.ceil(LOTS / 2));
  const before = await window(LOTS);
  const after = await window(LOTS);
  const grown = {
    bytes: after.usedSize - before.usedSize,
    nodes: after.nodes - before.nodes,
    listeners: after.jsEventListeners - before.jsEventListeners,
  };
  console.info(`left open: ${JSON.stringify({ ...grown, heap: after.usedSize, all: after.nodes })}`);
  expect(grown.bytes).toBeLessThan(BYTES_ONCE + LOTS * UPDATES * BYTES_PER_UPDATE);
  expect(grown.nodes).toBeLessThan(UPDATES);
  expect(grown.listeners).toBeLessThan(UPDATES);
  expect(world.complaints()).toEqual([]);
});
