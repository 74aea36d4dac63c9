import { afterAll, afterEach, beforeAll, expect } from '@jest/globals';
import { z } from 'zod';
import { sql } from '../../sql/database/database.ts';
import { at, inHours, salon } from '../bookings/salon.ts';
import { eventually } from '../support/eventually.ts';
import { personOf, type TestPerson } from '../support/people.ts';
import { type ConsoleWorld, consoleWorld, inBrowser, LOCALES, tooWide, violations } from './browser.ts';
import { BOT, DARK, FRAME_ALONE, initDataOf, LIGHT, openApp, saidTo } from './telegram-host.ts';

let world: ConsoleWorld;
let make: ReturnType<typeof salon>;
let service: number;
let training: number;
let client: TestPerson;
let child: TestPerson;
let other: TestPerson;
let trainer: TestPerson;
let admin: TestPerson;
let stranger: TestPerson;

const IDS = { client: 71, other: 72, trainer: 73, admin: 74, stranger: 75 };
const named = (person: { id: number }, name: string, telegram: number | null = null) =>
  world.api.db.query(
    sql.unsafe`update users set first_name = ${name}, last_name = '', telegram_id = ${telegram}, locale = 'en' where id = ${person.id}`,
  );
const booked = async (person: TestPerson, starts_at: string) => {
  const wish = { client_id: person.id, service_id: service, specialist_id: trainer.id, starts_at, pay_from: 'later' };
  const { status, body } = await world.api.post('/bookings', wish);
  expect(status).toBe(201);
  return Number(body.id);
};
const bookingsOf = (person: TestPerson) =>
  world.api.db.any(
    sql.type(z.object({ id: z.int(), status: z.string(), starts_at: z.string() }))`
      select id, status, starts_at from bookings where client_id = ${person.id} order by id`,
  );
const seatOf = (id: number, person: { id: number }) =>
  world.api.db.maybeOneFirst(sql.type(z.object({ status: z.string() }))`
    select status from real_training_students where real_training_id = ${id} and student_id = ${person.id}`);

beforeAll(async () => {
  if (!process.env.TEST_CHROMIUM) return;
  world = await consoleWorld({ TELEGRAM_BOT_TOKEN: BOT, RATE_LIMIT_PER_MINUTE: '100000' }, { isEmpty: true, args: FRAME_ALONE });
  const { api } = world;
  make = salon(api.db);
  service = await make.service({ price: 250_000 });
  await api.db.query(sql.unsafe`update services set name = 'Haircut' where id = ${service}`);
  [client, child, other] = [await personOf(api, 'client'), await personOf(api, 'client'), await personOf(api, 'client')];
  [trainer, admin, stranger] = [await personOf(api, 'trainer'), await personOf(api, 'admin'), await personOf(api, 'trainer')];
  await api.db.query(sql.unsafe`
    update specialists set location_id = ${await make.location()},
      work_schedule = (select work_schedule from locations order by id limit 1) where id in (${trainer.id}, ${stranger.id})`);
  await api.db.query(sql.unsafe`insert into specialist_services (specialist_id, service_id) values (${trainer.id}, ${service})`);
  await api.db.query(sql.unsafe`insert into guardians (guardian_id, student_id) values (${client.id}, ${child.id})`);
  await api.db.query(sql.unsafe`update users set birth_date = current_date - 3650 where id = ${child.id}`);
  await api.db.query(sql.unsafe`update locations set name = 'Centre', address = '1 Main Street'`);
  for (const [person, name, telegram] of [
    [client, 'Anna', IDS.client],
    [child, 'Mila', null],
    [other, 'Foreign', IDS.other],
    [trainer, 'Berta', IDS.trainer],
    [admin, 'Olga', IDS.admin],
    [stranger, 'Strange', IDS.stranger],
  ] as const)
    await named(person, name, telegram);
  await api.db.query(sql.unsafe`delete from bot_commanders`);
  await api.db.query(
    sql.unsafe`insert into bot_commanders (user_id, telegram_id, granted_by) values (${admin.id}, ${IDS.admin}, 'test')`,
  );
  const type = await make.type();
  await api.db.query(sql.unsafe`update training_types set name = 'Karate' where id = ${type}`);
  await booked(other, at(2, '09:00'));
  training = await make.training({ trainer: trainer.id, at: inHours(0.5) });
  for (const person of [client, other])
    expect((await api.post(`/real-trainings/${training}/students`, { student_id: person.id })).status).toBe(200);
});
afterAll(() => world?.close());
afterEach(async () => {
  await world?.api.ask('PUT', '/api/booking-rules', { body: { fitting_percent: 0 } });
  const silent = world?.complaints().filter((line) => !/ 401 | 404 | 409 |status of (401|403|404|409)/.test(line));
  expect(silent ?? []).toEqual([]);
});

inBrowser('a client books by Telegram’s own button, cancels with the consequence said, and sees nobody else’s', async () => {
  const { frame, main, back } = await openApp(world, { initData: initDataOf(IDS.client) });
  await frame.getByRole('heading', { name: 'Hello, Anna!' }).waitFor();
  await frame.getByText('Karate').first().waitFor();
  expect(await frame.locator('body').innerText()).not.toContain('Foreign');
  await main.filter({ hasText: 'Book' }).waitFor();
  await main.click();
  await frame.getByRole('button', { name: /Haircut/ }).click();
  await frame
    .getByRole('button', { name: /free start/ })
    .nth(5)
    .click();
  await frame.getByRole('button', { name: /^10:00/ }).click();
  await frame.getByText('Free to cancel until').first().waitFor();
  await main.filter({ hasText: /10:00 · RUB/ }).click();
  await frame.getByText('You are booked.').first().waitFor();
  const [made] = await bookingsOf(client);
  expect(made).toMatchObject({ status: 'CONFIRMED', starts_at: at(5, '10:00') });

  await main.filter({ hasText: 'Move' }).click();
  await frame.getByRole('button', { name: /^11:30/ }).click();
  await frame
    .getByRole('status')
    .filter({ hasText: /^Free to cancel until/ })
    .waitFor();
  await main.filter({ hasText: /^Move to .*11:30$/ }).click();
  await frame.locator('dl').getByText(/11:30/).first().waitFor();
  expect((await bookingsOf(client))[0]).toMatchObject({ starts_at: at(5, '11:30') });

  await frame.getByRole('button', { name: 'Cancel…' }).click();
  await frame
    .getByText(/will not have to pay/)
    .first()
    .waitFor();
  expect((await bookingsOf(client))[0]?.status).toBe('CONFIRMED');
  await frame.getByRole('button', { name: 'Cancel for free' }).click();
  await frame.getByRole('status').filter({ hasText: 'cancelled' }).waitFor();
  expect((await bookingsOf(client))[0]?.status).toBe('CANCELLED');
  await back.click();
  await frame.getByRole('heading', { name: 'Hello, Anna!' }).waitFor();
  await back.waitFor({ state: 'hidden' });
});

inBrowser(
  'starts that leave no gap are marked, what one costs is said line by line, and no more than that is taken',
  async () => {
    const { api } = world;
    const [trim, wash] = [await make.service({ price: 200_000 }), await make.service({ minutes: 30 })];
    await api.db.query(sql.unsafe`update services set name = 'Trim' where id = ${trim}`);
    const day = [['10:00', '18:00']];
    const master = await make.specialist([trim, wash], { schedule: { 0: day, 1: day, 2: day, 3: day, 4: day, 5: day, 6: day } });
    const ada = await personOf(api, 'client');
    await named(ada, 'Ada', 78);
    await api.ask('PUT', '/api/booking-rules', { body: { fitting_percent: 10 } });
    const { page, frame, main } = await openApp(world, { initData: initDataOf(78) });
    await main.filter({ hasText: 'Book' }).click();
    await frame.getByRole('button', { name: /Trim/ }).click();
    await frame.locator('.strip button').nth(3).click();
    await frame.getByText('fits our day best: 10 % less', { exact: true }).first().waitFor();
    // Those of the day shown before stand, not to be pressed, until this day's are here.
    const best = frame.locator('.times').first();
    await best.locator('button:enabled').first().waitFor();
    expect(await best.locator('button').allInnerTexts()).toEqual(['10:00', '10:30', '10:45']);
    expect(await frame.locator('.times').nth(1).locator('button').first().innerText()).toBe('10:15');
    const time = (name: string) => frame.getByRole('button', { name, exact: true });
    await time('10:15').click();
    await main.filter({ hasText: /10:15 · RUB.2,000$/ }).waitFor();
    const box = "document.querySelector('.lines').getBoundingClientRect()";
    expect(await frame.evaluate(`${box}.top > 0 && ${box}.bottom <= innerHeight`)).toBe(true);
    expect(await frame.locator('.lines').innerText()).toMatch(/^Trim\s+RUB.2,000\s+Total\s+RUB.2,000$/);
    await time('11:00, fits our day best: 10 % less').click();
    await main.filter({ hasText: /11:00 · RUB.1,800$/ }).waitFor();
    expect(await frame.locator('.lines').innerText()).toMatch(
      /^Trim\s+RUB.2,000\s+Fits our day best: 10 % less\s+-RUB.200\s+Total\s+RUB.1,800$/,
    );
    expect([await violations(frame), await tooWide(frame)]).toEqual([[], 0]);
    if (process.env.LOOKS) await page.screenshot({ path: `${process.env.LOOKS}/fitting.png` });
    // Somebody leaves a gap before it meanwhile.
    await make.booking({ client: await make.client(), specialist: master, service: trim, at: at(3, '10:00'), minutes: 45 });
    await main.click();
    await frame.getByRole('alert').filter({ hasText: 'The price has changed; nothing is booked.' }).waitFor();
    expect(await bookingsOf(ada)).toEqual([]);
    await main.filter({ hasText: /11:00 · RUB.2,000$/ }).click();
    await frame.getByText('You are booked.').first().waitFor();
    expect(await bookingsOf(ada)).toMatchObject([{ status: 'CONFIRMED', starts_at: at(3, '11:00') }]);
  },
);

inBrowser('a package stands on the first screen, pays first, and the booking says where to go', async () => {
  const { api } = world;
  const pia = await personOf(api, 'client');
  await named(pia, 'Pia', 79);
  const five = { name: 'Five haircuts', composition: [{ service_id: service, units: 5 }], price_minor: 0, validity_days: 60 };
  const { body } = await api.post('/api/service-packages', five);
  expect((await api.post(`/api/clients/${pia.id}/packages`, { service_package_id: body.id })).status).toBe(201);
  const { frame, main } = await openApp(world, { initData: initDataOf(79) });
  const held = frame.locator('.card').filter({ hasText: 'Five haircuts' });
  await held.getByText('Haircut: 5 of 5 left').waitFor();
  await main.filter({ hasText: 'Book' }).click();
  await frame.getByRole('button', { name: /Haircut/ }).click();
  await frame.locator('.strip button').nth(4).click();
  await frame.getByRole('button', { name: /^16:00/ }).click();
  await frame.getByRole('button', { name: 'From a package', pressed: true }).waitFor();
  await main.filter({ hasText: /^Book .*16:00$/ }).click();
  await frame.getByText('You are booked.').first().waitFor();
  expect(await frame.locator('dl.facts').innerText()).toContain('Centre, 1 Main Street');
  expect((await api.get(`/bookings?client_id=${pia.id}`)).body.items).toMatchObject([{ pay_from: 'package', price_minor: 0 }]);
});

inBrowser('a late cancellation says what it costs before; a link opens the booking over the first screen', async () => {
  const id = await booked(client, inHours(6));
  const { frame, main, back } = await openApp(world, { initData: initDataOf(IDS.client, { start: `booking_${id}` }) });
  await frame.getByRole('heading', { name: 'Haircut' }).waitFor();
  // Moved late, it can never be cancelled for free, however far away the new start is.
  await main.filter({ hasText: 'Move' }).click();
  await frame.locator('.strip button').nth(6).click();
  await frame.locator('.times button:enabled', { hasText: '13:30' }).click();
  await frame.getByText('Moved there, it can no longer be cancelled for free.').first().waitFor();
  await back.click();
  await frame.getByRole('button', { name: 'Cancel…' }).click();
  await frame.getByText('It can no longer be cancelled for free.').first().waitFor();
  await frame
    .getByText(/are still to be paid/)
    .first()
    .waitFor();
  await frame.getByRole('button', { name: 'Cancel all the same' }).click();
  await frame.getByRole('status').filter({ hasText: 'cancelled' }).waitFor();
  await back.click();
  await frame.getByRole('heading', { name: 'Hello, Anna!' }).waitFor();
});

inBrowser('a client who is no student yet joins a class by the app’s own button, and the next one waits', async () => {
  const small = await make.training({ trainer: stranger.id, at: at(7, '09:15') });
  await world.api.db.query(sql.unsafe`update real_trainings set max_participants = 1 where id = ${small}`);
  for (const [telegram, name, verb, said, status] of [
    [81, 'Nina', 'Join', 'You have a place.', 'REGISTERED'],
    [82, 'Olaf', 'Wait', 'On the waitlist: the studio writes when a place becomes free.', 'WAITLIST'],
  ] as const) {
    const id = await make.client();
    await named({ id }, name, telegram);
    const { frame, back } = await openApp(world, { initData: initDataOf(telegram) });
    await frame.getByRole('button', { name: 'Classes', exact: true }).click();
    await frame.getByRole('button', { name: `${verb} Karate, 09:15` }).click();
    await frame.getByRole('status').filter({ hasText: said }).waitFor();
    expect(await seatOf(small, { id })).toBe(status);
    await back.click();
    await frame.getByRole('button', { name: verb === 'Join' ? 'My place Karate' : 'Waiting Karate' }).waitFor();
  }
});

inBrowser('a client waits for a place in a full class, and gives up waiting', async () => {
  const full = await make.training({ trainer: stranger.id, at: at(6, '09:00') });
  await world.api.db.query(sql.unsafe`update real_trainings set max_participants = 1 where id = ${full}`);
  const [one, two] = [await personOf(world.api, 'client'), await personOf(world.api, 'client')];
  await named(two, 'Wanda', 77);
  expect((await world.api.post(`/real-trainings/${full}/students`, { student_id: one.id })).status).toBe(200);
  expect((await two.ask('POST', `/real-trainings/${full}/waitlist`, { student_id: two.id })).status).toBe(200);
  const { frame } = await openApp(world, { initData: initDataOf(77, { start: `class_${full}` }) });
  await frame.getByText('On the waitlist').first().waitFor();
  await frame.getByRole('button', { name: 'Cancel…' }).click();
  await frame.locator('.pair .wrong').click();
  await frame.getByRole('status').filter({ hasText: 'Cancelled' }).waitFor();
  expect(await seatOf(full, two)).toBe('CANCELLED_SAFE');
});

inBrowser('somebody else’s booking is not opened by a link, and a guardian books for a child', async () => {
  const [foreign] = await bookingsOf(other);
  const { frame, main, back } = await openApp(world, { initData: initDataOf(IDS.client, { start: `booking_${foreign?.id}` }) });
  await frame.getByText('This is not there any more.').first().waitFor();
  expect(await frame.locator('body').innerText()).not.toContain('Haircut');
  await back.click();
  await frame.getByRole('button', { name: 'Mila' }).click();
  await frame.getByRole('heading', { name: 'Mila’s visits' }).waitFor();
  await main.click();
  await frame.getByRole('button', { name: /Haircut/ }).click();
  await frame
    .getByRole('button', { name: /^12:00/ })
    .or(frame.getByRole('button', { name: /^23:00/ }))
    .first()
    .click();
  await main.filter({ hasText: /· RUB/ }).click();
  await frame.getByText('You are booked.').first().waitFor();
  expect(await bookingsOf(child)).toHaveLength(1);
});

inBrowser('a trainer sees their own day, marks who came, and blocks time by dragging', async () => {
  const { page, frame, main, back } = await openApp(world, {
    initData: initDataOf(IDS.trainer, { start: `training_${training}` }),
  });
  await frame.getByRole('heading', { name: 'Karate' }).waitFor();
  await frame.getByRole('group', { name: 'Anna' }).getByRole('button', { name: 'Did not come' }).click();
  await eventually(async () => (await seatOf(training, client)) === 'ABSENT');
  await main.filter({ hasText: '1 more came' }).click();
  await eventually(async () => (await seatOf(training, other)) === 'PRESENT');
  expect(await seatOf(training, client)).toBe('ABSENT');
  await back.click();
  await frame.getByRole('heading', { level: 1 }).waitFor();
  await frame.getByRole('button', { name: 'Time off' }).click();
  await frame.getByRole('heading', { name: 'Time off' }).waitFor();
  await eventually(async () => (await saidTo(page, 'web_app_setup_swipe_behavior')).at(-1)?.allow_vertical_swipe === false);
  await frame.getByRole('group', { name: 'Day' }).getByRole('button').nth(20).click();
  const box = await frame.locator('.hours').boundingBox();
  if (!box) throw new Error('there are no hours');
  await page.mouse.move(box.x + 40, box.y + 5);
  await page.mouse.down();
  await page.mouse.move(box.x + 40, box.y + 18 * 3 + 5, { steps: 4 });
  await page.mouse.up();
  await main.filter({ hasText: /07:00–09:00$/ }).click();
  await frame.getByRole('status').filter({ hasText: 'Blocked' }).waitFor();
  const absences = await world.api.db.any(
    sql.type(
      z.object({ from_at: z.string(), to_at: z.string() }),
    )`select from_at, to_at from specialist_absences where specialist_id = ${trainer.id}`,
  );
  expect(absences).toEqual([{ from_at: at(20, '07:00'), to_at: at(20, '09:00') }]);
  await frame.getByRole('button', { name: /^Open again/ }).click();
  await frame.getByText('Nothing is blocked.').first().waitFor();
  await frame.getByRole('button', { name: 'My day' }).click();
  await eventually(async () => (await saidTo(page, 'web_app_setup_swipe_behavior')).at(-1)?.allow_vertical_swipe === true);
});

inBrowser('a client’s booking and cancellation stand in the day of the trainer at once', async () => {
  const { frame } = await openApp(world, { initData: initDataOf(IDS.trainer) });
  await frame.getByRole('heading', { level: 1 }).waitFor();
  await frame.locator('.strip button').nth(12).click();
  await frame.getByText('Nothing is on.').or(frame.locator('.cards li')).first().waitFor();
  const tom = await personOf(world.api, 'client');
  await named(tom, 'Tom', null);
  const wish = {
    client_id: tom.id,
    service_id: service,
    specialist_id: trainer.id,
    starts_at: at(5, '12:00'),
    pay_from: 'later',
  };
  const { body } = await world.api.post('/bookings', wish);
  await frame.getByRole('button', { name: /Tom/ }).waitFor();
  await world.api.post(`/bookings/${body.id}/cancel`, { reason: 'plans' });
  await frame.getByRole('button', { name: /Tom/ }).waitFor({ state: 'detached' });
});

inBrowser('another trainer sees nothing of it', async () => {
  const { frame } = await openApp(world, { initData: initDataOf(IDS.stranger, { start: `training_${training}` }) });
  await frame.getByText('This is not there any more.').first().waitFor();
  expect(await frame.locator('body').innerText()).not.toMatch(/Karate|Anna|Foreign/);
});

inBrowser('an administrator: the studio’s day, a task, a run that is repeated, and records', async () => {
  await world.api.post('/api/tasks', { title: 'Call Anna back', details: { phone: '+79160000001' } });
  // What somebody asked about their data needs a word, which is written in the console.
  await world.api.post('/api/tasks', { kind: 'data_show', title: 'Show Vera her data', dedupe_key: 'asked' });
  const failed = await world.api.db.oneFirst(sql.type(z.object({ id: z.int() }))`
    insert into automated_process_history (process_type, run_key, process_date, status, attempt, created_by, started_at, completed_at, error_message)
    select 'cleanup', 'cleanup:' || day, day, 'error', 1, 'test', now(), now(), 'Error: no power'
    from (select (now() at time zone 'Europe/Moscow')::date - 1 as day) as yesterday returning id`);
  const { frame, main } = await openApp(world, { initData: initDataOf(IDS.admin) });
  await frame.getByRole('heading', { name: /^Today, / }).waitFor();
  await frame.getByRole('button', { name: 'Tasks' }).click();
  await frame.getByText('Note the answer in the console: it needs a word.').waitFor();
  expect(await frame.getByRole('button', { name: /Show Vera/ }).count()).toBe(0);
  await world.api.db.query(sql.unsafe`delete from admin_tasks where dedupe_key = 'asked'`);
  await frame.getByRole('button', { name: 'Done Call Anna back' }).click();
  await frame.getByText('Nothing is left to do.').first().waitFor();
  await frame.getByRole('button', { name: 'Runs' }).click();
  await frame.getByText('Error: no power').first().waitFor();
  await frame.getByRole('button', { name: /^Retry Tidying up/ }).click();
  await frame
    .getByText(/^Asked for: run/)
    .first()
    .waitFor();
  const attempts = await world.api.db.anyFirst(sql.type(z.object({ attempt: z.int() }))`
    select attempt from automated_process_history where run_key = (select run_key from automated_process_history where id = ${failed}) order by 1`);
  expect(attempts).toEqual([1, 2]);
  await frame.getByRole('button', { name: 'Records' }).click();
  await frame.getByRole('button', { name: 'Services' }).click();
  await main.filter({ hasText: 'Add' }).click();
  await frame.getByLabel('Name').fill('Massage');
  await frame.getByLabel('Duration, minutes').fill('50');
  await frame.getByLabel('Price').fill('1500,50');
  await main.filter({ hasText: 'Save' }).click();
  await frame.getByRole('button', { name: 'Massage' }).click();
  await frame.getByRole('heading', { name: 'Massage' }).waitFor();
  expect(await frame.getByLabel('Price').inputValue()).toBe('1500.5');
  const [massage] = await world.api.db.any(
    sql.type(
      z.object({ price_minor: z.int(), duration_minutes: z.int() }),
    )`select price_minor, duration_minutes from services where name = 'Massage'`,
  );
  expect(massage).toEqual({ price_minor: 150_050, duration_minutes: 50 });
});

inBrowser('an administrator books several services for a client, and adds people to a class', async () => {
  const { api } = world;
  const colour = await make.service({ minutes: 30, price: 100_000 });
  await api.db.query(sql.unsafe`update services set name = 'Colour' where id = ${colour}`);
  await api.db.query(sql.unsafe`insert into specialist_services (specialist_id, service_id) values (${trainer.id}, ${colour})`);
  const [zoe, yan] = [await personOf(api, 'client'), await personOf(api, 'client')];
  await named(zoe, 'Zoe', null);
  await named(yan, 'Yan', null);
  const { page, frame, main } = await openApp(world, { initData: initDataOf(IDS.admin) });
  const look = async (name: string) => {
    expect([name, await violations(frame), await tooWide(frame)]).toEqual([name, [], 0]);
    if (process.env.LOOKS) await page.screenshot({ path: `${process.env.LOOKS}/${name}.png` });
  };
  await frame.getByRole('button', { name: 'Several services, one visit' }).click();
  await frame.getByLabel('Name, or the last digits').fill('Zoe');
  await frame.getByRole('button', { name: /^Zoe/ }).click();
  await frame.getByRole('button', { name: 'Haircut', exact: true }).click();
  await frame.getByRole('button', { name: 'Colour', exact: true }).click();
  // Late in the evening today has few starts left.
  await frame.locator('.strip button').nth(2).click();
  await frame.locator('.times button').nth(3).click();
  await look('several');
  await main.click();
  await frame
    .getByText(/ · Colour$/)
    .first()
    .waitFor();
  const made = (await api.get(`/bookings?client_id=${zoe.id}`)).body.items;
  expect(made.map((one: { service: string }) => one.service)).toEqual(['Haircut', 'Colour']);

  const group = await make.training({ trainer: stranger.id, at: inHours(3) });
  await api.db.query(sql.unsafe`update real_trainings set max_participants = 1 where id = ${group}`);
  const opened = await openApp(world, { initData: initDataOf(IDS.admin, { start: `training_${group}` }) });
  await opened.frame.getByRole('button', { name: 'Add people' }).click();
  for (const name of ['Yan', 'Mila']) {
    await opened.frame.getByLabel('Name, or the last digits').fill(name);
    await opened.frame
      .getByRole('button', { name: new RegExp(`^${name}`) })
      .first()
      .click();
  }
  await opened.main.filter({ hasText: 'Add 2 people' }).click();
  await opened.frame.getByText('has a place').first().waitFor();
  await opened.frame
    .getByText(/^not possible/)
    .first()
    .waitFor();
  expect([await violations(opened.frame), await tooWide(opened.frame)]).toEqual([[], 0]);
  const { students } = (await api.get(`/real-trainings/${group}`)).body;
  expect(students.map((one: { student_id: number }) => one.student_id)).toEqual([yan.id]);
});

inBrowser('an administrator books one service for several people who come at the same time', async () => {
  const { api } = world;
  const wash = await make.service({ minutes: 30, price: 80_000 });
  await api.db.query(sql.unsafe`update services set name = 'Wash' where id = ${wash}`);
  const [vera, will] = [await make.specialist([wash]), await make.specialist([wash])];
  await api.db.query(sql.unsafe`update users set first_name = 'Vera', last_name = '' where id = ${vera}`);
  await api.db.query(sql.unsafe`update users set first_name = 'Will', last_name = '' where id = ${will}`);
  const [una, rosa] = [await personOf(api, 'client'), await personOf(api, 'client')];
  await named(una, 'Una', null);
  await named(rosa, 'Rosa', null);
  const { page, frame, main } = await openApp(world, { initData: initDataOf(IDS.admin) });
  await frame.getByRole('button', { name: 'Several people, one time' }).click();
  await frame.getByRole('button', { name: 'Wash', exact: true }).click();
  for (const name of ['Una', 'Rosa']) {
    await frame.getByLabel('Name, or the last digits').fill(name);
    await frame.getByRole('button', { name: new RegExp(`^${name}`) }).click();
    await frame.getByRole('combobox', { name: new RegExp(`^${name}`) }).waitFor();
  }
  await frame.getByRole('combobox', { name: /^Una/ }).selectOption('Will');
  // Late in the evening today has few starts left.
  await frame.locator('.strip button').nth(2).click();
  await frame.locator('.times button').nth(3).click();
  expect([await violations(frame), await tooWide(frame)]).toEqual([[], 0]);
  if (process.env.LOOKS) await page.screenshot({ path: `${process.env.LOOKS}/together.png`, fullPage: true });
  await main.click();
  await frame.getByText(/ · Una/).waitFor();
  const made = await Promise.all([una, rosa].map(async ({ id }) => (await api.get(`/bookings?client_id=${id}`)).body.items));
  expect(made.flat().map((one: { specialist_id: number }) => one.specialist_id)).toEqual([will, vera]);
  expect(new Set(made.flat().map((one: { starts_at: string }) => one.starts_at)).size).toBe(1);
});

inBrowser('forged, old and repeated data of Telegram are refused; a page that is loaded anew goes on', async () => {
  for (const initData of [
    initDataOf(IDS.client, { token: '1:other' }),
    initDataOf(IDS.client, { secondsAgo: 3_700 }),
    initDataOf(IDS.client).replace(/id%22%3A71/, 'id%22%3A74'),
  ]) {
    const { frame } = await openApp(world, { initData });
    await frame.getByRole('heading', { name: 'Please open the app anew' }).waitFor();
  }
  const initData = initDataOf(IDS.client);
  const first = await openApp(world, { initData });
  await first.frame.getByRole('heading', { name: 'Hello, Anna!' }).waitFor();
  await first.frame.evaluate('location.reload()');
  await first.frame.getByRole('heading', { name: 'Hello, Anna!' }).waitFor();
  const second = await openApp(world, { initData });
  await second.frame.getByRole('heading', { name: 'Please open the app anew' }).waitFor();
  const unknown = await openApp(world, { initData: initDataOf(999) });
  await unknown.frame.getByRole('heading', { name: 'We do not know each other yet' }).waitFor();
  const outside = await openApp(world);
  await outside.frame.getByRole('heading', { name: 'Open this in Telegram' }).waitFor();
});

inBrowser('it lives in a frame of Telegram’s page without any cookie, and in nobody else’s frame', async () => {
  const { page, frame } = await openApp(world, { initData: initDataOf(IDS.client) });
  await frame.getByRole('heading', { name: 'Hello, Anna!' }).waitFor();
  expect(await frame.evaluate("document.cookie = 'probe=1'; document.cookie")).toBe('');
  expect(await page.context().cookies()).toEqual([]);
  expect(new URL(page.url()).origin).toBe('https://web.telegram.org');
  const elsewhere = await openApp(world, { initData: initDataOf(IDS.client), host: 'https://evil.example' });
  expect(await elsewhere.frame.locator('#app').count()).toBe(0);
  world.complaints();
  const served = await world.api.get('/app', { key: null });
  expect(served.headers.get('content-security-policy')).toContain('frame-ancestors https://web.telegram.org');
  expect(served.headers.get('x-frame-options')).toBeNull();
  expect((await world.api.get('/console', { key: null })).headers.get('content-security-policy')).toContain(
    "frame-ancestors 'none'",
  );
});

const SCREENS = {
  client: { telegram: IDS.client, go: ['Classes'] },
  trainer: { telegram: IDS.trainer, go: ['Time off'] },
  admin: { telegram: IDS.admin, go: ['Tasks', 'Runs', 'Records'] },
} as const;
const looks = Object.entries({ light: LIGHT, dark: DARK }).flatMap(([look, theme]) =>
  Object.keys(SCREENS).map((role) => [role as keyof typeof SCREENS, look, theme] as const),
);
inBrowser.each(looks)(
  'nothing is wrong with the screens of a %s in %s, for axe and a phone’s width',
  async (role, look, theme) => {
    const { telegram, go } = SCREENS[role];
    const { page, frame } = await openApp(world, { theme, initData: initDataOf(telegram) });
    for (const name of ['', ...go]) {
      if (name) await frame.getByRole('navigation').getByRole('button', { name, exact: true }).click();
      await frame.locator('h1').waitFor();
      await frame.locator('.bones').first().waitFor({ state: 'detached' });
      expect([name, await violations(frame), await tooWide(frame)]).toEqual([name, [], 0]);
      if (process.env.LOOKS) await page.screenshot({ path: `${process.env.LOOKS}/${role}-${look}-${name || 'first'}.png` });
    }
  },
);

inBrowser.each(LOCALES.map((locale) => [locale]))('the booking’s steps are sound in %s', async (locale) => {
  await world.api.db.query(sql.unsafe`update users set locale = ${locale} where id = ${client.id}`);
  const { page, frame, main } = await openApp(world, { initData: initDataOf(IDS.client, { language: locale }), locale });
  await frame.locator('.bones').first().waitFor({ state: 'detached' });
  await main.click();
  await frame.getByRole('button', { name: /Haircut/ }).click();
  await frame.locator('.times button').nth(1).click();
  await frame.locator('fieldset').nth(2).waitFor();
  expect([await violations(frame), await tooWide(frame)]).toEqual([[], 0]);
  expect(await frame.evaluate('document.documentElement.lang')).toBe(locale);
  if (process.env.LOOKS) await page.screenshot({ path: `${process.env.LOOKS}/book-${locale}.png` });
});
