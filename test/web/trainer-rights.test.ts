import { afterAll, beforeAll, expect } from '@jest/globals';
import type { Page } from 'playwright-core';
import { addDays, dayOf } from '../../queues/time/calendar.ts';
import { sql } from '../../sql/database/database.ts';
import { salon } from '../bookings/salon.ts';
import { personOf, type TestPerson } from '../support/people.ts';
import { entryOf, instantAt, trainingAt } from './board-hand.ts';
import { type ConsoleWorld, consoleWorld, inBrowser } from './browser.ts';

/** In every name of somebody or something that is another trainer's. */
const FOREIGN = 'Zelda';
const PHONE = '+79161237788';
let world: ConsoleWorld;
let trainer: TestPerson;
let day: string;
const own = { student: 0, training: 0 };
const others = { student: 0, trainer: 0, training: 0, booking: 0, group: 0 };

beforeAll(async () => {
  if (!process.env.TEST_CHROMIUM) return;
  world = await consoleWorld({}, { isEmpty: true });
  const { api } = world;
  const make = salon(api.db);
  day = addDays(dayOf(new Date(), api.fleet.settings.zone), 9);
  trainer = await personOf(api, 'trainer');
  const service = await make.service();
  others.trainer = await make.specialist([service]);
  [own.student, others.student] = [await make.student(), await make.student()];
  const called = (id: number, first: string) =>
    api.db.query(sql.unsafe`update users set first_name = ${first}, last_name = 'Newton' where id = ${id}`);
  await Promise.all([called(own.student, 'Olga'), called(others.student, FOREIGN), called(others.trainer, `${FOREIGN}-trainer`)]);
  await api.db.query(sql.unsafe`update users set phone = ${PHONE} where id = ${others.student}`);
  const type = await make.type();
  own.training = await trainingAt(world, { type, trainer: trainer.id, day, clock: '10:00' });
  others.training = await trainingAt(world, { type, trainer: others.trainer, day, clock: '12:00' });
  for (const [training, student] of [
    [own.training, own.student],
    [others.training, others.student],
  ])
    await api.db.query(
      sql.unsafe`insert into real_training_students (real_training_id, student_id) values (${training as number}, ${student as number})`,
    );
  const booking = { client: others.student, specialist: others.trainer, service, at: instantAt(world, day, '15:00') };
  others.booking = await make.booking(booking);
  others.group = (await api.post('/api/groups', { name: `Group ${FOREIGN}`, trainer_id: others.trainer })).body.id;
});
afterAll(() => world?.close());

/** A page of the trainer's, and all that it was told by the server. */
async function desk(path: string): Promise<{ page: Page; told: () => Promise<string[]> }> {
  const page = await world.visit({ token: trainer.token, viewport: { width: 1400, height: 1000 } });
  const answers: Promise<string>[] = [];
  page.on('response', (response) => {
    if (!new URL(response.url()).pathname.startsWith('/assets/')) answers.push(response.text().catch(() => ''));
  });
  await page.goto(path);
  return { page, told: () => Promise.all(answers) };
}
/** Neither on the page nor in anything that it was told stands what is another's. */
async function nothingOfOthers({ page, told }: Awaited<ReturnType<typeof desk>>) {
  await page.locator('.rows[role=status]').first().waitFor({ state: 'detached' });
  const everything = [...(await told()), await page.getByRole('main').innerText()];
  expect(everything.length).toBeGreaterThan(2);
  expect(everything.filter((text) => text.includes(FOREIGN) || text.includes(PHONE))).toEqual([]);
}

inBrowser('a trainer who asks for another’s by its address is told that it is not there', async () => {
  const missing = 'It is not there: somebody may have removed it, or it is not yours to see.';
  for (const path of [
    `/console/people/${others.student}`,
    `/console/people/${others.student}/belts`,
    `/console/trainers/${others.trainer}`,
    `/console/groups/${others.group}`,
  ]) {
    const seen = await desk(path);
    await seen.page.getByRole('alert').filter({ hasText: missing }).first().waitFor();
    await nothingOfOthers(seen);
    await seen.page.context().close();
  }
  const { page } = await desk(`/console/people/${own.student}`);
  await page.locator('main .v-card li').filter({ hasText: 'Somebody (trainer)' }).waitFor();
});

inBrowser('pages of the studio are not a trainer’s, and say that they may be for another role', async () => {
  for (const path of ['money', 'team', 'settings', 'imports', 'reports', 'night', 'night/1']) {
    const seen = await desk(`/console/${path}`);
    await seen.page.getByText('The link may be old, or the page is not for your role.').waitFor();
    await nothingOfOthers(seen);
    await seen.page.context().close();
  }
});

inBrowser('the day lists the own trainings, and says of another’s that it is not among them', async () => {
  const seen = await desk(`/console/day?date=${day}&training=${others.training}`);
  const { page } = seen;
  await page.getByText('The training of this link is not on this day, or it is not yours.').waitFor();
  await page.locator('main ul.entries > li').first().waitFor();
  expect(await page.locator('main ul.entries > li').count()).toBe(1);
  await nothingOfOthers(seen);
  await page.goto(`/console/day?date=${day}&training=${own.training}`);
  await page.locator('.roster').getByText('Olga').first().waitFor();
  expect(await page.getByText('The training of this link').count()).toBe(0);
});

inBrowser('every view of the board shows the own trainings alone', async () => {
  for (const query of ['', '&by=room', '&view=week', '&view=list']) {
    const seen = await desk(`/console/?date=${day}${query}`);
    await entryOf(seen.page, `training-${own.training}`).waitFor();
    expect([query, await seen.page.locator('[data-entry]').count()]).toEqual([query, 1]);
    await nothingOfOthers(seen);
    await seen.page.context().close();
  }
  const seen = await desk(`/console/?date=${day}&view=month`);
  await seen.page.getByRole('button', { name: /: 1 training$/ }).waitFor();
  await nothingOfOthers(seen);
});

inBrowser('the search of the palette finds neither others’ clients nor their trainings, by name or by phone', async () => {
  const seen = await desk('/console/account');
  const { page } = seen;
  await page.getByRole('heading', { level: 1 }).waitFor();
  for (const [asked, found] of [
    ['Olga', true],
    [FOREIGN, false],
    ['Зельда', false],
    ['7788', false],
  ] as const) {
    await page.keyboard.press('Control+k');
    const input = page.getByRole('combobox', { name: 'Search or do' });
    await input.waitFor();
    const answered = page.waitForResponse((response) => new URL(response.url()).searchParams.get('q') === asked);
    await input.fill(asked);
    await answered;
    if (found) await page.getByRole('option', { name: `${asked} Newton` }).waitFor();
    else await page.getByText('Nothing was found').waitFor();
    await page.keyboard.press('Escape');
    await input.waitFor({ state: 'detached' });
  }
  await page.goto(`/console/clients?q=${FOREIGN}`);
  await page.getByRole('searchbox').waitFor();
  await nothingOfOthers(seen);
});

inBrowser('a trainer takes out the own alone, and is refused the rest in words', async () => {
  const { page } = await desk('/console/account');
  await page.getByRole('heading', { level: 1 }).waitFor();
  const file = (path: string) =>
    page.evaluate<{ status: number; text: string }>(
      `fetch(${JSON.stringify(path)}).then(async (answer) => ({ status: answer.status, text: await answer.text() }))`,
    );
  const students = await file('/api/exports/students?format=csv');
  expect([students.status, students.text]).toEqual([200, expect.stringContaining('Olga')]);
  expect(students.text).not.toMatch(new RegExp(`${FOREIGN}|7788`));
  const visits = await file(`/api/exports/attendance?format=csv&from=${addDays(day, -30)}&to=${day}`);
  expect([visits.status, visits.text.includes(FOREIGN)]).toEqual([200, false]);
  const calendar = await file(`/api/exports/calendar?from=${day}&to=${day}`);
  expect(calendar.text).not.toContain(FOREIGN);
  for (const what of ['payments', 'subscriptions']) {
    const { status, text } = await file(`/api/exports/${what}?format=csv`);
    expect([what, status, JSON.parse(text).detail]).toEqual([what, 403, expect.stringMatching(/\w/)]);
  }
});
