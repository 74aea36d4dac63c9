import { afterAll, beforeAll, expect } from '@jest/globals';
import type { Page } from 'playwright-core';
import { z } from 'zod';
import { dayOf } from '../../queues/time/calendar.ts';
import { sql } from '../../sql/database/database.ts';
import { part } from '../support/nightly-only.ts';
import { personOf, type TestPerson } from '../support/people.ts';
import { studio } from '../support/studio.ts';
import {
  type ConsoleWorld,
  consoleWorld,
  cutTexts,
  inBrowser,
  LOCALES,
  type Locale,
  smallTargets,
  tooWide,
  violations,
} from './browser.ts';

let world: ConsoleWorld;
let owner: TestPerson;
let training: number;
let student: number;
let trainer: number;
let group: number;
let preview: number;
const today = () => dayOf(new Date(), world.api.fleet.settings.zone);

beforeAll(async () => {
  if (!process.env.TEST_CHROMIUM) return;
  world = await consoleWorld();
  owner = await personOf(world.api, 'owner');
  training = await trainingNow(3);
  await desk();
  await world.api.post('/api/tasks', { kind: 'call', title: 'Ring about the belt exam', details: { phone: '+79160000001' } });
  await world.api.post('/real-trainings/generate-next-week');
});
afterAll(() => world?.close());

/** A training that is on at this moment, with so many students. */
async function trainingNow(students: number): Promise<number> {
  const make = studio(world.api.db);
  const [type, trainer] = [await make.type(), await make.trainer()];
  const { db } = world.api;
  const id = await db.oneFirst(sql.type(z.object({ id: z.int() }))`
    insert into real_trainings (training_type_id, trainer_id, training_date, start_time, starts_at, ends_at, max_participants, price_minor)
    values (${type}, ${trainer}, ${today()}::date, '10:00', now() - interval '10 minutes', now() + interval '50 minutes', 10, 0) returning id`);
  for (let seat = 0; seat < students; seat += 1)
    await db.query(sql.unsafe`
      insert into real_training_students (real_training_id, student_id, status) values (${id}, ${await make.student()}, 'REGISTERED')`);
  return id;
}

/** Somebody with money, debts, a subscription and a note; a trainer who is away, with a group. */
async function desk() {
  const { api } = world;
  const make = studio(api.db);
  [student, trainer] = [await make.student(), await make.trainer()];
  await make.subscription({ student, from: today(), to: '2099-01-01', left: 5 });
  await api.db.query(sql.unsafe`
    insert into invoices (payer_id, student_id, type, amount_minor, due_date)
    values (${student}, ${student}, 'SUBSCRIPTION', 700000, ${today()}::date - 10)`);
  await api.post('/api/payments', { payer_id: student, amount_minor: 250_000, method: 'cash' });
  await api.post(`/api/people/${student}/notes`, { note: 'Likes the morning' });
  await api.post('/api/specialist-absences', { specialist_id: trainer, from: today(), to: today(), reason: 'ill' });
  group = (await api.post('/api/groups', { name: 'Evening group', trainer_id: trainer })).body.id as number;
  await api.post(`/api/groups/${group}/members`, { student_id: student });
  const file = 'name,phone,club,birth date\nVera Ivanova,+79161112233,Zarya,\nOleg,12,Zarya,\nAnna Ivanova,,,01.02.2001';
  preview = (await api.ask('POST', '/api/imports/students', { raw: file, headers: { 'Content-Type': 'text/csv' } })).body.id;
}

const OPEN = [
  '/console/sign-in',
  '/console/forgot',
  '/console/join?token=of-a-link-that-is-not-there',
  '/console/enter?token=of-a-link-that-is-not-there',
];
const INSIDE = () => [
  '/console/',
  '/console/?view=week',
  '/console/?view=month',
  `/console/day?training=${training}`,
  '/console/day?date=2020-01-01',
  '/console/clients',
  '/console/clients?which=away&q=ivan',
  '/console/clients?act=new',
  '/console/tasks',
  '/console/tasks?status=done',
  '/console/night',
  '/console/night?view=runs&process=generation',
  '/console/night?view=timetable',
  '/console/night?view=messages',
  '/console/night?view=alarms',
  '/console/night/1',
  '/console/catalogue',
  '/console/catalogue?kind=packages',
  '/console/catalogue?kind=closed',
  '/console/schedule',
  '/console/schedule?view=hours',
  '/console/schedule?view=days',
  '/console/imports',
  '/console/imports?kind=templates',
  `/console/imports?preview=${preview}`,
  '/console/start',
  '/console/settings',
  '/console/vending',
  '/console/vending/machines/1',
  '/console/vending/stock',
  '/console/vending/tasks',
  '/console/vending/sales',
  '/console/vending/sales?by=item',
  '/console/vending/reading',
  '/console/vending/connect',
  '/console/team',
  '/console/people/1',
  `/console/people/${student}`,
  `/console/people/${student}?kinds=money,notes`,
  '/console/money',
  '/console/money?view=till',
  '/console/money?view=debtors',
  '/console/reports',
  '/console/reports/revenue',
  '/console/reports/attendance?by=week',
  '/console/reports/students',
  '/console/reports/retention',
  '/console/reports/load',
  '/console/reports/load-ahead',
  '/console/reports/debtors',
  '/console/reports/renewals',
  '/console/reports/trainers',
  '/console/belts',
  '/console/belts?view=waiting',
  '/console/belts/exams',
  `/console/people/${student}/belts`,
  '/console/pay',
  `/console/pay/${trainer}?month=2026-03`,
  '/console/trainers',
  `/console/trainers/${trainer}`,
  '/console/groups',
  `/console/groups/${group}`,
  '/console/account',
  '/console/second-factor',
  '/console/nowhere',
];

/** A page has come once its skeletons are gone. */
async function come(page: Page, path: string) {
  await page.goto(path);
  await page.getByRole('heading', { level: 1 }).first().waitFor();
  await page.locator('.rows[role=status]').first().waitFor({ state: 'detached' });
}

/** Goes to a page as a link of ours does: nothing is loaded anew but what that page needs. */
async function goOn(page: Page, path: string) {
  if (page.url() === 'about:blank') return come(page, path);
  await page.evaluate(`history.pushState(null, '', ${JSON.stringify(path)}); dispatchEvent(new PopStateEvent('popstate'))`);
  await page.locator(`html[data-page="${path.replace('/console', '')}"]`).waitFor({ state: 'attached' });
  await page.locator('.rows[role=status]').first().waitFor({ state: 'detached' });
}

const PHONE = 375;
const DESK = 1280;

/** What is wrong with a page as a person sees it: WCAG, words that are cut, what a finger misses on a phone, and keys without words. */
async function flaws(page: Page, width: number): Promise<string[]> {
  const raw = (await page.locator('body').innerText()).match(/\b[a-z_]+\.[a-z_]+\b(?!\.(?:ru|com))/g) ?? [];
  const wide = await tooWide(page);
  return [
    ...(await violations(page)),
    ...(await cutTexts(page)),
    ...(width === PHONE ? await smallTargets(page) : []),
    ...(wide > 0 ? [`${wide} px too wide`] : []),
    ...raw.map((key) => `a key: ${key}`),
  ];
}

/** `LOOKS=DIR`: each page is seen in one language, on a phone and at a desk, and kept there as a picture. */
const keep = async (page: Page, path: string, width: number) => {
  const name = path.replace('/console', '').replaceAll(/[^a-z0-9]+/gi, '-');
  if (process.env.LOOKS) await page.screenshot({ path: `${process.env.LOOKS}/${width}${name}.png`, fullPage: true });
};

/**
 * A language changes words and lengths, a theme colours: a phone in each language, and the longest one at a desk in the dark. By day
 * each page is seen on a phone in one of the languages, and every third at the desk.
 */
type Look = { locale: Locale; colorScheme: 'light' | 'dark'; width: number; paths: readonly string[] };
const looks = (paths: readonly string[]): Look[] =>
  process.env.LOOKS
    ? [PHONE, DESK].map((width) => ({ locale: 'ru', colorScheme: 'light', width, paths }))
    : LOCALES.flatMap((locale, n) => [
        { locale, colorScheme: 'light', width: PHONE, paths: part(paths, Math.ceil(paths.length / 3), n) },
        ...(locale === 'ru'
          ? [{ locale, colorScheme: 'dark' as const, width: DESK, paths: part(paths, Math.ceil(paths.length / 3)) }]
          : []),
      ]);

inBrowser('every page is accessible, fits a phone, and complains of nothing, in every language', async () => {
  const found: Record<string, string[]> = {};
  for (const [token, all] of [
    [undefined, OPEN],
    [owner.token, INSIDE()],
  ] as const) {
    const seen = new Set<string>();
    for (const { width, paths, ...look } of looks(all)) {
      const page = await world.visit({ ...look, viewport: { width, height: 800 }, ...(token ? { token } : {}) });
      for (const path of paths) {
        await goOn(page, path);
        await keep(page, path, width);
        const wrong = [...(await flaws(page, width)), ...world.complaints().filter((line) => !line.includes('404'))];
        if (wrong.length > 0) found[`${path} ${look.locale} ${look.colorScheme}`] = wrong;
        if (width === PHONE) seen.add(path);
      }
      await page.context().close();
    }
    expect([...seen].sort()).toEqual([...all].sort());
  }
  expect(found).toEqual({});
});

inBrowser('a tap marks who came, Undo takes it back, and a reload loses none', async () => {
  const page = await world.visit({ token: owner.token });
  await come(page, `/console/day?training=${training}`);
  const here = page.getByRole('button', { name: 'Here', exact: true });
  const away = page.getByRole('button', { name: 'Away', exact: true });
  await here.first().click();
  expect(await here.first().getAttribute('aria-pressed')).toBe('true');
  await page.getByRole('button', { name: 'Undo' }).click();
  expect(await here.first().getAttribute('aria-pressed')).toBe('false');
  await away.nth(1).click();
  await page.reload();
  await expectEventually(async () => (await statuses()).filter((status) => status === 'ABSENT').length === 1);
  expect((await statuses()).sort()).toEqual(['ABSENT', 'REGISTERED', 'REGISTERED']);
  expect(world.complaints()).toEqual([]);
});

const statuses = async () =>
  (await world.api.get(`/real-trainings/${training}`)).body.students.map(({ status }: { status: string }) => status) as string[];
async function expectEventually(look: () => Promise<boolean>) {
  while (!(await look())) await new Promise((next) => setTimeout(next, 50));
}

inBrowser('what changes at another desk is seen without a reload', async () => {
  const page = await world.visit({ token: owner.token });
  await come(page, '/console/tasks');
  await world.api.post('/api/tasks', { title: 'Water the plants' });
  await page.getByText('Water the plants').first().waitFor();
  await page.getByRole('button', { name: 'Done: Water the plants' }).click();
  await page.getByText('Water the plants').first().waitFor();
  await page.getByRole('button', { name: 'Undo' }).click();
  await page.getByRole('button', { name: 'Done: Water the plants' }).waitFor();
});

inBrowser('Ctrl+K finds people by their names and pages by theirs', async () => {
  const page = await world.visit({ token: owner.token });
  await come(page, '/console/account');
  await page.keyboard.press('Control+k');
  await page.getByRole('combobox').waitFor();
  await page.keyboard.type('ivanov');
  await page
    .getByRole('option', { name: /Иванов/ })
    .first()
    .waitFor();
  expect(await violations(page)).toEqual([]);
  await page.getByRole('combobox').fill('night');
  await page.keyboard.press('Enter');
  await page.waitForURL('**/console/night');
});

inBrowser('a trainer sees a trainer’s menu, and no page of others', async () => {
  const trainer = await personOf(world.api, 'trainer');
  const page = await world.visit({ token: trainer.token });
  await come(page, '/console/');
  await page.locator('html[data-page="/"]').waitFor({ state: 'attached' });
  expect(await page.getByRole('navigation').getByRole('link').allInnerTexts()).toEqual([
    'Board',
    'Day',
    'Clients',
    'Trainers',
    'Trainers’ pay',
    'Groups',
    'Belts',
  ]);
  await come(page, '/console/team');
  expect(await page.getByRole('heading', { level: 1 }).innerText()).toBe('No such page');
});

inBrowser('the owner invites somebody, and the link is shown once', async () => {
  const page = await world.visit({ token: owner.token });
  await come(page, '/console/team');
  await page.getByLabel('Phone, e-mail or login').fill('new@studio.example');
  await page.getByRole('button', { name: 'Invite' }).click();
  const url = await page.locator('.url').innerText();
  await page.getByText('new@studio.example').first().waitFor();
  await page.reload();
  await page.getByText('new@studio.example').first().waitFor();
  expect(await page.locator('.url').count()).toBe(0);
  const guest = await world.visit();
  await guest.goto(new URL(url).pathname + new URL(url).search);
  await guest.getByText('You are invited as trainer new@studio.example').first().waitFor();
});

inBrowser('a run that is incomplete is retried from its row', async () => {
  const { rowCount } = await world.api.db.query(
    sql.unsafe`update automated_process_history set status = 'error', completed_at = now(), error_message = 'the disk was full' where id = 1`,
  );
  expect(rowCount).toBe(1);
  const page = await world.visit({ token: owner.token });
  await come(page, '/console/night?view=runs');
  await page.getByRole('button', { name: /^Retry: / }).click();
  await page.getByRole('button', { name: 'Look', exact: true }).click();
  await page.waitForURL('**/console/night/2');
});
