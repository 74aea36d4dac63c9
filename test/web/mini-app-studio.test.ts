import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, expect } from '@jest/globals';
import type { Frame, Locator } from 'playwright-core';
import { z } from 'zod';
import { addDays, dayOf } from '../../queues/time/calendar.ts';
import { sql } from '../../sql/database/database.ts';
import { at, inHours, salon } from '../bookings/salon.ts';
import { eventually } from '../support/eventually.ts';
import { personOf, type TestPerson } from '../support/people.ts';
import { type ConsoleWorld, consoleWorld, cutTexts, inBrowser, LOCALES, smallTargets, tooWide, violations } from './browser.ts';
import { BOT, FRAME_ALONE, initDataOf, openApp } from './telegram-host.ts';

/** What runs a studio from the Mini App: processes, records; and every screen in every language. */
let world: ConsoleWorld;
let make: ReturnType<typeof salon>;
let service: number;
let master: TestPerson;
const IDS = { admin: 91, trainer: 92, client: 93 };
const day = (days: number) => addDays(dayOf(new Date(), 'Europe/Moscow'), days);

beforeAll(async () => {
  if (!process.env.TEST_CHROMIUM) return;
  world = await consoleWorld({ TELEGRAM_BOT_TOKEN: BOT, RATE_LIMIT_PER_MINUTE: '100000' }, { isEmpty: true, args: FRAME_ALONE });
  const { api } = world;
  make = salon(api.db);
  service = await make.service({ price: 250_000 });
  await api.db.query(sql.unsafe`update services set name = 'Haircut' where id = ${service}`);
  const [admin, client] = [await personOf(api, 'admin'), await personOf(api, 'client')];
  master = await personOf(api, 'trainer');
  await api.db.query(sql.unsafe`
    update specialists set location_id = ${await make.location()},
      work_schedule = (select work_schedule from locations order by id limit 1) where id = ${master.id}`);
  await api.db.query(sql.unsafe`insert into specialist_services (specialist_id, service_id) values (${master.id}, ${service})`);
  await api.db.query(sql.unsafe`update locations set name = 'Centre', address = '1 Main Street'`);
  for (const [{ id }, name, telegram] of [
    [admin, 'Olga', IDS.admin],
    [master, 'Berta', IDS.trainer],
    [client, 'Anna', IDS.client],
  ] as const)
    await api.db.query(
      sql.unsafe`update users set first_name = ${name}, last_name = '', telegram_id = ${telegram}, locale = 'en' where id = ${id}`,
    );
  await api.db.query(sql.unsafe`delete from bot_commanders`);
  await api.db.query(
    sql.unsafe`insert into bot_commanders (user_id, telegram_id, granted_by) values (${admin.id}, ${IDS.admin}, 'test')`,
  );
});
afterAll(() => world?.close());
afterEach(() => {
  const silent = world?.complaints().filter((line) => !/ 409 | 422 |status of (409|422)/.test(line));
  expect(silent ?? []).toEqual([]);
});

const runsOf = (process: string) =>
  world.api.db.any(
    sql.type(z.object({ id: z.int(), status: z.string(), created_by: z.string() }))`
      select id, status, created_by from automated_process_history where process_type = ${process} order by id`,
  );

inBrowser('an administrator runs a process: what it would do is said first, and done once', async () => {
  const { db } = world.api;
  await make.template({ type: await make.type(), trainer: master.id, time: '06:00' });
  const { frame, main } = await openApp(world, { initData: initDataOf(IDS.admin) });
  await frame.getByRole('button', { name: 'Runs', exact: true }).click();
  await main.filter({ hasText: 'Run a process' }).click();
  await frame.getByRole('button', { name: 'Weekly timetable' }).click();
  await frame.getByRole('heading', { name: 'If it ran now' }).waitFor();
  expect(await frame.locator('dl.facts').innerText()).toMatch(
    /^Trainings made\s+1\s+Places given\s+0\s+Trainings in conflict\s+0$/,
  );
  expect(await runsOf('generation')).toEqual([]);
  await main.filter({ hasText: 'Run: Weekly timetable' }).click();
  await frame
    .getByRole('status')
    .filter({ hasText: /^Asked for: run \d+\.$/ })
    .waitFor();
  await frame.getByText(/^Weekly timetable, /).waitFor();
  const [asked] = await runsOf('generation');
  expect(asked).toMatchObject({ status: 'queued', created_by: expect.stringMatching(/^person:\d+$/) });

  // What a run has become is shown as it becomes it; asked for again, nothing is done twice.
  await db.query(sql.unsafe`
    update automated_process_history set status = 'success', started_at = now(), completed_at = now() where id = ${asked?.id ?? 0}`);
  await frame.getByText(/^done · /).waitFor();
  await main.filter({ hasText: 'Run a process' }).click();
  await frame.getByRole('button', { name: 'Weekly timetable' }).click();
  await main.filter({ hasText: 'Run: Weekly timetable' }).click();
  await frame.getByText(`It was done already, by run ${asked?.id}: nothing is done twice.`).waitFor();
  expect(await runsOf('generation')).toHaveLength(1);

  await main.filter({ hasText: 'Run a process' }).click();
  await frame.getByRole('button', { name: 'Backup', exact: true }).click();
  await frame.getByText('It cannot say beforehand what it will do.').waitFor();
  await main.filter({ hasText: 'Run: Backup' }).click();
  await frame.getByText(/^Asked for: run/).waitFor();
  expect(await runsOf('backup')).toHaveLength(1);
});

inBrowser('the trouble of one process is not said of the next one that is chosen', async () => {
  const { page, frame, main } = await openApp(world, { initData: initDataOf(IDS.admin) });
  const mayAnswer = Promise.withResolvers<void>();
  await page.route('**/cron/cleanup', (route) => route.fulfill({ status: 422, json: { status: 422, title: 'Unprocessable' } }));
  await page.route('**/cron/stats', async (route) => {
    await mayAnswer.promise;
    await route.continue();
  });
  await frame.getByRole('button', { name: 'Runs', exact: true }).click();
  await main.filter({ hasText: 'Run a process' }).click();
  await frame.getByRole('button', { name: 'Tidying up' }).click();
  await frame.getByText('This could not be done.').waitFor();
  await frame.getByRole('button', { name: 'Daily figures' }).click();
  await frame.locator('.bones').first().waitFor();
  expect(await frame.getByText('This could not be done.').count()).toBe(0);
  expect(await main.isVisible()).toBe(false);
  mayAnswer.resolve();
  await frame.getByText('Days of figures written').waitFor();
  expect(await main.innerText()).toBe('Run: Daily figures');
});

/** The starts of a service with the specialist, of the studio's day so many days from now, by the wall clock. */
async function startsOn(days: number): Promise<string[]> {
  const { specialists } = (
    await world.api.get(`/slots?service_id=${service}&specialist_id=${master.id}&from=${day(days)}&days=1`)
  ).body;
  const starts: string[] = specialists[0]?.days[0]?.starts ?? [];
  const clock = new Intl.DateTimeFormat('en-GB', { timeZone: 'Europe/Moscow', hour: '2-digit', minute: '2-digit' });
  return starts.map((start) => clock.format(new Date(start)));
}
const weekdayOf = (days: number) =>
  new Intl.DateTimeFormat('en-GB', { weekday: 'short', timeZone: 'UTC' }).format(new Date(day(days)));

inBrowser(
  'an administrator adds a location and a room, changes a service and a week, and closes a day and opens it again',
  async () => {
    const { api } = world;
    const { frame, main } = await openApp(world, { initData: initDataOf(IDS.admin) });
    const kind = (name: string) => frame.getByRole('group', { name: 'Records' }).getByRole('button', { name }).click();
    const add = () => main.filter({ hasText: 'Add' }).click();
    const save = () => main.filter({ hasText: 'Save' }).click();
    await frame.getByRole('button', { name: 'Records', exact: true }).click();

    await add();
    await frame.getByLabel('Name').fill('Riverside');
    await frame.getByLabel('Address').fill('2 Quay');
    await frame.getByLabel('Mon').fill('from nine');
    await save();
    await frame.getByRole('alert').filter({ hasText: 'Hours look like 09:00-18:00.' }).waitFor();
    await frame.getByLabel('Mon').fill('18-9');
    await save();
    await frame.getByRole('alert').filter({ hasText: 'Look at this once more.' }).waitFor();
    const riverside = async () =>
      ((await api.get('/api/locations?limit=200')).body.items as { id: number; name: string }[]).find(
        ({ name }) => name === 'Riverside',
      );
    expect(await riverside()).toBeUndefined();
    await frame.getByLabel('Mon').fill('9-13, 14:00-18:00');
    await save();
    await frame.getByRole('button', { name: 'Riverside' }).waitFor();
    expect(await riverside()).toMatchObject({
      address: '2 Quay',
      work_schedule: {
        0: [
          ['09:00', '13:00'],
          ['14:00', '18:00'],
        ],
        1: [],
      },
    });

    await kind('Rooms');
    await add();
    await save();
    await frame.getByText('Look at this once more.').first().waitFor();
    await frame.getByLabel('Location').selectOption('Riverside');
    await frame.getByLabel('Name').fill('Blue room');
    await save();
    await frame.getByRole('button', { name: /^Blue room\s*Riverside$/ }).waitFor();
    expect((await api.get('/api/rooms?limit=200')).body.items).toContainEqual(
      expect.objectContaining({ name: 'Blue room', location_id: (await riverside())?.id }),
    );

    await kind('Services');
    await frame.getByRole('button', { name: 'Haircut' }).click();
    await frame.getByLabel('Price').fill('3000');
    await frame.getByLabel('Duration, minutes').fill('90');
    await save();
    await frame.getByRole('button', { name: 'Haircut' }).waitFor();
    expect((await api.get(`/api/services/${service}`)).body).toMatchObject({ price_minor: 300_000, duration_minutes: 90 });

    await kind('Schedules');
    await frame.getByRole('button', { name: 'Berta' }).click();
    await frame.getByLabel(weekdayOf(3)).fill('10:00-12:00');
    await save();
    await frame.getByRole('button', { name: 'Berta' }).waitFor();
    await eventually(async () => (await startsOn(3)).join() === '10:00,10:15,10:30');

    await kind('Special days');
    await add();
    await frame.getByLabel('Specialist').selectOption('Berta');
    await frame.getByLabel('Day', { exact: true }).fill(day(3));
    await frame.getByLabel('Reason').fill('Ill');
    await save();
    await frame.getByRole('button', { name: /Berta · closed · Ill$/ }).click();
    await eventually(async () => (await startsOn(3)).length === 0);
    await frame.getByRole('button', { name: 'Remove' }).click();
    await frame.getByText('There is none yet.').waitFor();
    await eventually(async () => (await startsOn(3)).length === 3);
  },
);

type Texts = Record<string, string>;
const textsOf = (locale: string): Texts => JSON.parse(readFileSync(`api/web/app/texts/${locale}.json`, 'utf8'));

inBrowser.each(LOCALES.map((locale) => [locale]))('every screen of every role is sound in %s', async (locale) => {
  const { api } = world;
  const t = (key: string) => textsOf(locale)[key] as string;
  await api.db.query(
    sql.unsafe`update users set locale = ${locale} where telegram_id = any(${sql.array(Object.values(IDS), 'int8')})`,
  );
  const clientId = Number(await api.db.oneFirst(sql.unsafe`select id from users where telegram_id = ${IDS.client}`));
  const wish = { client_id: clientId, service_id: service, specialist_id: master.id, pay_from: 'later' };
  const hour = { ru: '13', uk: '16', en: '19' }[locale];
  const { body } = await api.post('/bookings', { ...wish, starts_at: at(5, `${hour}:00`) });
  const begun = await make.booking({
    client: clientId,
    specialist: master.id,
    service,
    at: inHours(-2 - LOCALES.indexOf(locale) * 2),
  });
  const training = await make.training({ trainer: master.id, at: at(6, `${hour}:00`), minutes: 30 });
  await api.post(`/real-trainings/${training}/students`, { student_id: clientId });
  const open = async (telegram: number, start?: string) => {
    const opened = await openApp(world, { initData: initDataOf(telegram, { language: locale, start }), locale });
    await opened.frame.locator('h1:not(.unseen)').waitFor();
    await opened.frame.locator('.bones').first().waitFor({ state: 'detached' });
    return opened;
  };
  const flaws: Record<string, unknown> = {};
  const look = async (name: string, frame: Frame) => {
    await frame.locator('h1:not(.unseen)').waitFor();
    await frame.locator('.bones').first().waitFor({ state: 'detached' });
    // At its end nothing of a long screen lies half under the tabs, which an hour with more in the day's list would bring about.
    await frame.evaluate('scrollTo(0, document.documentElement.scrollHeight)');
    const found = [await violations(frame), await cutTexts(frame), await tooWide(frame), await smallTargets(frame)];
    if (JSON.stringify(found) !== '[[],[],0,[]]') flaws[name] = found;
    if (process.env.LOOKS)
      await frame.page().screenshot({ path: `${process.env.LOOKS}/all-${name.replaceAll('/', '-')}-${locale}.png` });
  };
  const press = (frame: Frame, key: string): Locator => frame.getByRole('button', { name: t(key), exact: true });

  const booking = await open(IDS.client, `booking_${body.id}`);
  await press(booking.frame, 'visit.cancel').click();
  await look('cancel a booking', booking.frame);
  await press(booking.frame, 'visit.keep').click();
  await booking.main.filter({ hasText: t('visit.move') }).click();
  await booking.frame.locator('.times button').first().click();
  await look('move', booking.frame);
  const place = await open(IDS.client, `class_${training}`);
  await look('place', place.frame);
  await press(place.frame, 'visit.cancel').click();
  await look('cancel a place', place.frame);
  await place.back.click();
  await look('home', place.frame);
  await press(place.frame, 'tab.classes').click();
  await look('classes', place.frame);

  const given = await make.training({ trainer: master.id, at: inHours(-10 - LOCALES.indexOf(locale) * 2), minutes: 30 });
  await api.db.query(
    sql.unsafe`insert into real_training_students (real_training_id, student_id, status) values (${given}, ${clientId}, 'REGISTERED')`,
  );
  const roster = await open(IDS.trainer, `training_${given}`);
  await roster.frame.getByRole('group', { name: 'Anna' }).waitFor();
  await look('roster', roster.frame);
  await roster.back.click();
  for (const tab of ['tab.day', 'tab.block']) {
    await press(roster.frame, tab).click();
    await look(tab, roster.frame);
  }
  const visit = await open(IDS.trainer, `visit_${begun}`);
  await press(visit.frame, 'visit.came').waitFor();
  await look('visit', visit.frame);

  const { frame, main, back } = await open(IDS.admin);
  await look('studio', frame);
  for (const screen of ['several', 'together']) {
    await press(frame, screen).click();
    await look(screen, frame);
    await back.click();
  }
  for (const tab of ['tab.tasks', 'tab.runs']) {
    await press(frame, tab).click();
    await look(tab, frame);
  }
  await main.filter({ hasText: t('run') }).click();
  await press(frame, 'run.name.cleanup').click();
  await frame.locator('dl.facts').waitFor();
  await look('run', frame);
  await back.click();
  await press(frame, 'tab.records').click();
  for (const kind of ['locations', 'rooms', 'services', 'overrides', 'schedules']) {
    await frame
      .locator('.chips')
      .getByRole('button', { name: t(`records.${kind}`), exact: true })
      .click();
    await look(kind, frame);
    if (kind === 'schedules') await frame.locator('.cards button').first().click();
    else await main.filter({ hasText: t('records.add') }).click();
    await frame.locator('form').waitFor();
    await look(`${kind}/one`, frame);
    await back.click();
  }
  const joining = await open(IDS.admin, `training_${training}`);
  await press(joining.frame, 'join').click();
  await look('join', joining.frame);
  expect(flaws).toEqual({});
});
