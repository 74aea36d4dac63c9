import { afterAll, beforeAll, beforeEach, expect } from '@jest/globals';
import type { Page } from 'playwright-core';
import { addDays, instantOf } from '../../api/web/kit/zone.ts';
import { dayOf } from '../../queues/time/calendar.ts';
import { salon } from '../bookings/salon.ts';
import { eventually } from '../support/eventually.ts';
import { personOf, type TestPerson } from '../support/people.ts';
import { type ConsoleWorld, consoleWorld } from './browser.ts';

/** Pixels of an hour on the board, which begins at 8. */
export const HOUR = 72;
type Spot = { x: number; y: number };

/** Days until the one of a file's first test. */
const FIRST_DAY = 10;
/**
 * A studio with nothing but its owner, for the tests of a file. Each has a day of its own, so that nothing one made is in another's way.
 * @param fill makes what all of them need
 */
export function emptyBoard(fill: (make: ReturnType<typeof salon>) => Promise<void>) {
  const on = {} as { world: ConsoleWorld; make: ReturnType<typeof salon>; owner: TestPerson; day: string };
  let daysUsed = 0;
  beforeAll(async () => {
    if (!process.env.TEST_CHROMIUM) return;
    on.world = await consoleWorld({}, { isEmpty: true });
    on.owner = await personOf(on.world.api, 'owner');
    on.make = salon(on.world.api.db);
    await fill(on.make);
  });
  afterAll(() => on.world?.close());
  beforeEach(() => {
    if (!on.world) return;
    on.day = addDays(dayOf(new Date(), on.world.api.fleet.settings.zone), FIRST_DAY + daysUsed);
    daysUsed += 1;
    on.world.complaints();
  });
  return on;
}

/** An instant of the studio's clock. */
export const instantAt = (world: ConsoleWorld, day: string, clock: string) =>
  instantOf(`${day}T${clock}:00`, world.api.fleet.settings.zone);

/** Somebody's board of a day, wide and high enough that nothing of it is out of sight. */
export async function boardOf(
  world: ConsoleWorld,
  person: TestPerson,
  query: string,
  more: Parameters<ConsoleWorld['visit']>[0] = {},
): Promise<Page> {
  const page = await world.visit({
    token: person.token,
    viewport: { width: 1400, height: 1300 },
    timezoneId: 'Asia/Tokyo',
    ...more,
  });
  await page.goto(`/console/?${query}`);
  await page.locator('[data-column]').first().waitFor();
  return page;
}

export const entryOf = (page: Page, key: string) => page.locator(`[data-entry="${key}"]`);
export const columnOf = (page: Page, key: string) => page.locator(`[data-column="${key}"]`);
/** Waits until an entry stands at a time such as `10:00–11:00`, or at `10:00–`. */
export const standsAt = (page: Page, key: string, times: string) => entryOf(page, key).filter({ hasText: times }).waitFor();
export const dialogOf = (page: Page) => page.getByRole('dialog').last();
export const agree = (page: Page) => dialogOf(page).getByRole('button', { name: 'Move', exact: true }).click();
export const said = (page: Page, words: string | RegExp) => page.getByText(words).first().waitFor();

/** Where an entry is drawn. Another's change may take it to another column just now: it is not drawn for a moment. */
export const boxOf = (page: Page, key: string) => eventually(() => entryOf(page, key).boundingBox());

/** Presses at one spot, goes to another, and stays there pressed. */
export async function drag(page: Page, from: Spot, to: Spot) {
  await page.mouse.move(from.x, from.y);
  await page.mouse.down();
  await page.mouse.move(from.x + 3, from.y + 6);
  await page.mouse.move(to.x, to.y, { steps: 4 });
}

/** Takes an entry by its upper edge and carries it: by so many hours, to another column, or both. */
export async function carry(page: Page, key: string, { hours = 0, to }: { hours?: number; to?: string }) {
  const box = await boxOf(page, key);
  const column = to ? await columnOf(page, to).boundingBox() : null;
  const from = { x: box.x + 20, y: box.y + 6 };
  await drag(page, from, { x: (column?.x ?? box.x) + 20, y: from.y + hours * HOUR });
}

/** What has the focus: `name` as a reader says it, as far as the markup says so itself. */
export const focused = (page: Page) =>
  page.evaluate<{ entry: string | null; role: string | null; name: string; inDialog: boolean }>(`(() => {
    const one = document.activeElement, label = one.labels?.[0]?.textContent ?? '';
    return {
      entry: one.dataset.entry ?? null,
      role: one.getAttribute('role') ?? one.localName,
      name: (one.getAttribute('aria-label') || label || one.innerText || '').trim(),
      inDialog: one.closest('[role=dialog]') !== null,
    };
  })()`);

const MOST_STOPS = 60;
/** Presses Tab until what has the focus is what is meant. Fails after as many stops as no page should have. */
export async function tabTo(page: Page, isMeant: (now: Awaited<ReturnType<typeof focused>>) => boolean) {
  const stops: string[] = [];
  for (let stop = 0; stop < MOST_STOPS; stop += 1) {
    await page.keyboard.press('Tab');
    const now = await focused(page);
    if (isMeant(now)) return stops.length + 1;
    stops.push(`${now.role} ${now.name}`);
  }
  throw new Error(`no stop of Tab is what is meant: ${stops.join(' | ')}`);
}

/** What the API says of a training. */
export async function trainingNow(world: ConsoleWorld, id: number) {
  const { status, body } = await world.api.get(`/real-trainings/${id}`);
  expect(status).toBe(200);
  const { starts_at, ends_at, trainer_id, room_id, version } = body;
  return { starts_at, ends_at, trainer_id, room_id, version } as {
    starts_at: string;
    ends_at: string;
    trainer_id: number;
    room_id: number | null;
    version: number;
  };
}
export const trainingIs = (world: ConsoleWorld, id: number, wanted: Partial<Awaited<ReturnType<typeof trainingNow>>>) =>
  eventually(async () => {
    const now = await trainingNow(world, id);
    return Object.entries(wanted).every(([field, value]) => now[field as keyof typeof now] === value);
  });

/** A training made by hand at a time of the studio. */
export async function trainingAt(
  world: ConsoleWorld,
  of: { type: number; trainer: number; day: string; clock: string; room?: number; minutes?: number },
): Promise<number> {
  const { status, body } = await world.api.post('/real-trainings', {
    training_type_id: of.type,
    trainer_id: of.trainer,
    starts_at: instantAt(world, of.day, of.clock),
    ...(of.room === undefined ? {} : { room_id: of.room }),
    ...(of.minutes === undefined ? {} : { duration_minutes: of.minutes }),
  });
  expect({ status, detail: body?.detail }).toEqual({ status: 201, detail: undefined });
  return body.id;
}
