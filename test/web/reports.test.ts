import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { warmthOf } from '../../api/web/console/modules/reports/load-ahead.ts';
import { presetOf } from '../../api/web/console/modules/reports/periods.ts';
import { askedBy, type ReportKind, type Row } from '../../api/web/console/modules/reports/reports.ts';
import { addDays, dayOf } from '../../queues/time/calendar.ts';
import { sql } from '../../sql/database/database.ts';
import { academy } from '../belts/stage.ts';
import { at, salon } from '../bookings/salon.ts';
import type { Json } from '../support/front-door.ts';
import { personOf, type TestPerson } from '../support/people.ts';
import { type ConsoleWorld, consoleWorld, inBrowser, tooWide, violations } from './browser.ts';

let world: ConsoleWorld;
let owner: TestPerson;
let make: ReturnType<typeof academy>;
beforeAll(async () => {
  if (!process.env.TEST_CHROMIUM) return;
  world = await consoleWorld();
  owner = await personOf(world.api, 'owner');
  make = academy(world.api);
});
afterAll(() => world?.close());

const today = () => dayOf(new Date(), world.api.fleet.settings.zone);
async function open(path: string, options: object = {}): Promise<Page> {
  const page = await world.visit({ token: owner.token, ...options });
  await page.goto(path);
  await page.getByRole('heading', { level: 1 }).first().waitFor();
  await page.locator('.rows[role=status]').first().waitFor({ state: 'detached' });
  return page;
}

test.each([
  ['this_month', '2026-03-31', '2026-03-01', '2026-03-31'],
  ['last_month', '2026-03-31', '2026-02-01', '2026-02-28'],
  ['last_month', '2026-01-01', '2025-12-01', '2025-12-31'],
  ['days_90', '2026-03-31', '2026-01-01', '2026-03-31'],
  ['year', '2026-03-31', '2025-04-01', '2026-03-31'],
] as const)('%s on %s is from %s to %s', (preset, day, from, to) => {
  expect(presetOf(preset, day)).toMatchObject({ from, to });
});

inBrowser('from what was paid today down to one payment, and on to whose it is', async () => {
  const { api } = world;
  const student = await make.make.student();
  await api.db.query(sql.unsafe`update users set first_name = 'Ada', last_name = 'Lovelace' where id = ${student}`);
  await api.post('/api/payments', { payer_id: student, amount_minor: 123_400, method: 'cash' });
  const page = await open(`/console/reports/revenue?from=${today()}&to=${today()}&by=day`);
  await page.locator('.chart canvas').first().waitFor();
  await page.getByText('a refund lowers its own day').first().waitFor();
  await page
    .getByRole('button', { name: /^Paid, .*Show what it is made of/ })
    .first()
    .click();
  const dialog = page.getByRole('dialog').last();
  const line = dialog.getByRole('listitem').filter({ hasText: 'Ada Lovelace' });
  await line.getByText(/1,234/).first().waitFor();
  expect(await violations(page)).toEqual([]);
  await page.reload();
  await line.getByRole('link', { name: 'Ada Lovelace' }).click();
  await page.waitForURL(`**/console/people/${student}`);
  expect(world.complaints()).toEqual([]);
});

inBrowser('the ready student is seen, an exam is planned, and on its day it is passed with one tap on a phone', async () => {
  const { api } = world;
  const student = await make.student();
  await api.db.query(sql.unsafe`update users set first_name = 'Mary', last_name = 'Somerville' where id = ${student}`);
  await make.award(student, await make.belt('Blue'), addDays(today(), -365 * 3));
  const phone = await open('/console/belts', { viewport: { width: 375, height: 800 } });
  await phone.getByRole('button', { name: /^Plan an exam: Mary Somerville, Purple/ }).click();
  await phone.getByRole('dialog').last().getByRole('button', { name: 'Plan an exam' }).click();
  await phone.getByText('Exam planned: Mary Somerville').first().waitFor();
  const { items } = (await api.get(`/api/exams?student_id=${student}`)).body as Json;
  expect(items).toMatchObject([{ belt: 'Purple', status: 'planned' }]);

  await api.db.query(sql.unsafe`update belt_exams set exam_at = now() - interval '1 second' where id = ${items[0].id}`);
  const day = dayOf(new Date(Date.now() - 1_000), api.fleet.settings.zone);
  await phone.goto(`/console/belts/exams?day=${day}`);
  const mine = phone.getByRole('group', { name: 'Mary Somerville' });
  await mine.getByRole('button', { name: 'Passed', exact: true }).click();
  await phone.getByText('Mary Somerville: passed').first().waitFor();
  expect(await make.currentBelt(student)).toBe('Purple');
  await mine.getByRole('button', { name: 'Not passed' }).click();
  await phone.getByText('Mary Somerville: not passed').first().waitFor();
  expect(await make.currentBelt(student)).toBe('Blue');
  await phone.getByRole('button', { name: 'Undo' }).click();
  await phone.locator('button[aria-pressed=true]', { hasText: /^Passed$/ }).waitFor();
  expect(await make.currentBelt(student)).toBe('Purple');
  expect([await violations(phone), await tooWide(phone)]).toEqual([[], 0]);

  await phone.getByRole('link', { name: 'Mary Somerville' }).first().click();
  await phone.getByRole('link', { name: 'Certificate: Purple' }).waitFor();
  expect(world.complaints()).toEqual([]);
});

test.each([
  [{ busy_minutes: 0, open_minutes: 480, load: 0 }, 0],
  [{ busy_minutes: 1, open_minutes: 480, load: 0.0021 }, 1],
  [{ busy_minutes: 96, open_minutes: 480, load: 0.2 }, 1],
  [{ busy_minutes: 97, open_minutes: 480, load: 0.2021 }, 2],
  [{ busy_minutes: 480, open_minutes: 480, load: 1 }, 5],
  [{ busy_minutes: 600, open_minutes: 480, load: 1.25 }, 5],
  [{ busy_minutes: 60, open_minutes: 0, load: null }, 5],
  [{ busy_minutes: 0, open_minutes: 0, load: null }, 0],
])('%o is as warm as %i', (heat, warmth) => expect(warmthOf(heat)).toBe(warmth));

test.each<[ReportKind, Row, ReturnType<typeof askedBy>]>([
  ['revenue', { period: '2026-03-01' }, { of: '2026-03-01', who: null }],
  ['trainers', { period: '2026-03-01', trainer_id: 7 }, { of: '2026-03-01', who: 7 }],
  ['debtors', { payer_id: 9 }, { of: null, who: 9 }],
  ['renewals', { end_date: '2026-03-09', student_id: 9 }, null],
])('the figures of a row of %s, %j, are asked about by %j', (kind, row, asked) => expect(askedBy(kind, row)).toEqual(asked));

inBrowser('a student with two subscriptions that end has two figures, and both stand behind the total alone', async () => {
  const student = await make.make.student();
  await world.api.db.query(sql.unsafe`update users set first_name = 'Grace', last_name = 'Hopper' where id = ${student}`);
  for (const days of [3, 9])
    await make.make.subscription({ student, from: addDays(today(), -20), to: addDays(today(), days), autoRenew: true });
  const page = await open('/console/reports/renewals');
  const rows = page.getByRole('row').filter({ hasText: 'Grace Hopper' });
  await rows.nth(1).waitFor();
  expect([await rows.count(), await rows.getByRole('button').count()]).toEqual([2, 0]);
  await page.getByRole('button', { name: /^Expected.*Total/ }).click();
  const lines = page.getByRole('dialog').last().getByRole('listitem').filter({ hasText: 'Grace Hopper' });
  await lines.nth(1).waitFor();
  expect(await lines.count()).toBe(2);
  expect(await violations(page)).toEqual([]);
});

inBrowser('the next 60 days are a table of figures, whose days lead to the board', async () => {
  const salonOf = salon(world.api.db);
  const [service, client] = [await salonOf.service(), await salonOf.client()];
  const specialist = await salonOf.specialist([service]);
  await salonOf.booking({ client, specialist, service, at: at(3, '10:00'), minutes: 90 });
  const page = await open('/console/reports');
  await page.getByRole('link', { name: /^The next 60 days/ }).click();
  const table = page.getByRole('region', { name: 'Specialists' }).getByRole('table');
  await table.waitFor();
  const { specialists } = (await world.api.get('/api/reports/load-ahead')).body;
  expect(await table.locator('tbody tr').count()).toBe(specialists.length);
  expect(await table.locator('tbody tr').first().locator('td').count()).toBe(61);
  const busy = specialists.find(({ id }: Json) => id === specialist);
  const own = table.getByRole('row', { name: busy.name }).locator('td').first();
  expect(await own.innerText()).toContain('1:30 of 1440 h');
  await page
    .getByRole('region', { name: 'No-shows, cancellations and lead times' })
    .getByRole('rowheader', { name: 'Total' })
    .waitFor();
  if (process.env.SHOTS) await page.screenshot({ path: '/tmp/client3/load-desk.png', fullPage: true });
  const phone = await open('/console/reports/load-ahead', {
    locale: 'ru',
    viewport: { width: 375, height: 800 },
    colorScheme: 'dark',
  });
  expect([await tooWide(phone), await violations(phone)]).toEqual([0, []]);
  if (process.env.SHOTS) await phone.screenshot({ path: '/tmp/client3/load-phone.png', fullPage: true });
  await table.getByRole('columnheader').nth(3).getByRole('link').click();
  await page.waitForURL(new RegExp(`/console/?\\?.*date=${addDays(today(), 1)}`));
  expect(world.complaints()).toEqual([]);
});
