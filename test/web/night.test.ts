import { afterAll, beforeAll, expect } from '@jest/globals';
import { addDays, dayOf } from '../../queues/time/calendar.ts';
import { nextTicks } from '../../queues/timetable/ticks.ts';
import { sql } from '../../sql/database/database.ts';
import { personOf, type TestPerson } from '../support/people.ts';
import { studio } from '../support/studio.ts';
import { type ConsoleWorld, consoleWorld, inBrowser, tooWide, violations } from './browser.ts';

let world: ConsoleWorld;
let owner: TestPerson;
let poor: number;

/** Somebody with 100 in the wallet, who is charged 500 in the next night. */
beforeAll(async () => {
  if (!process.env.TEST_CHROMIUM) return;
  world = await consoleWorld();
  owner = await personOf(world.api, 'owner');
  const { db, fleet } = world.api;
  const make = studio(db);
  const night = dayOf(nextTicks('0 23 * * *', fleet.settings.zone, new Date(), 1)[0] as Date, fleet.settings.zone);
  const day = addDays(night, 1);
  poor = await make.student();
  await db.query(
    sql.unsafe`update users set first_name = 'Paul', last_name = 'Short', phone = '+79160000009' where id = ${poor}`,
  );
  await world.api.post(`/api/students/${poor}/payments`, { amount_minor: 10_000 });
  await db.query(sql.unsafe`
    with training as (
      insert into real_trainings (training_type_id, trainer_id, training_date, start_time, starts_at, ends_at, max_participants, price_minor)
      values (${await make.type()}, ${await make.trainer()}, ${day}::date, '10:00', ${day}::date + time '10:00', ${day}::date + time '11:00', 10, 50000)
      returning id
    )
    insert into real_training_students (real_training_id, student_id, status) select id, ${poor}, 'REGISTERED' from training`);
});
afterAll(() => world?.close());

inBrowser('tonight names who is short before it happens, and leads to where it is mended', async () => {
  const page = await world.visit({ token: owner.token });
  await page.goto('/console/night');
  const pay = page.getByRole('link', { name: 'Take a payment: Paul Short' });
  await pay.waitFor();
  await page.getByText('400.00 is missing', { exact: false }).first().waitFor();
  await page.getByRole('heading', { name: 'Next week' }).waitFor();
  await page.locator('.rows[role=status]').first().waitFor({ state: 'detached' });
  expect([await violations(page), await tooWide(page)]).toEqual([[], 0]);
  await pay.click();
  await page.getByRole('dialog').waitFor();
  expect(new URL(page.url()).pathname).toBe(`/console/people/${poor}`);
  expect(await page.getByRole('dialog').getByLabel('Amount').inputValue()).toBe('400');
  await page.getByRole('button', { name: /^Take .*400/ }).click();
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  await page.goto('/console/night');
  await page.getByRole('heading', { name: 'Charges' }).waitFor();
  await pay.waitFor({ state: 'detached' });
  expect(world.complaints()).toEqual([]);
});

inBrowser('a schedule is paused with a reason, which a reload does not lose, and resumed', async () => {
  const page = await world.visit({ token: owner.token });
  await page.goto('/console/night?view=timetable');
  await page.getByRole('button', { name: 'Pause: Renewals' }).click();
  await page.getByLabel('Reason').fill('prices change');
  await page.reload();
  await page.getByRole('button', { name: 'Pause: Renewals' }).click();
  expect(await page.getByLabel('Reason').inputValue()).toBe('prices change');
  expect(await violations(page)).toEqual([]);
  await page.getByRole('button', { name: 'Pause', exact: true }).last().click();
  await page.getByText('prices change').first().waitFor();
  await page.getByRole('button', { name: 'Resume: Renewals' }).click();
  await page.getByRole('button', { name: 'Pause: Renewals' }).waitFor();
  const { items } = (await world.api.get('/schedule')).body;
  expect(items.find(({ name }: { name: string }) => name === 'renewal')).toMatchObject({ paused: false, paused_reason: null });
});
