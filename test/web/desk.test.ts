import { afterAll, beforeAll, expect } from '@jest/globals';
import type { Page } from 'playwright-core';
import { addDays, dayOf } from '../../queues/time/calendar.ts';
import { sql } from '../../sql/database/database.ts';
import { insertOrder } from '../../sql/finance/payment-orders.ts';
import { receivePayment } from '../../sql/finance/payments.ts';
import { inHours, salon } from '../bookings/salon.ts';
import { eventually } from '../support/eventually.ts';
import type { Json } from '../support/front-door.ts';
import { personOf, type TestPerson } from '../support/people.ts';
import { type ConsoleWorld, consoleWorld, inBrowser, violations } from './browser.ts';

let world: ConsoleWorld;
let owner: TestPerson;
let make: ReturnType<typeof salon>;
beforeAll(async () => {
  if (!process.env.TEST_CHROMIUM) return;
  world = await consoleWorld();
  owner = await personOf(world.api, 'owner');
  make = salon(world.api.db);
});
afterAll(() => world?.close());

const today = () => dayOf(new Date(), world.api.fleet.settings.zone);
async function open(path: string, person: TestPerson = owner): Promise<Page> {
  const page = await world.visit({ token: person.token });
  await page.goto(path);
  await page.getByRole('heading', { level: 1 }).first().waitFor();
  await page.locator('.rows[role=status]').first().waitFor({ state: 'detached' });
  return page;
}
const dialog = (page: Page) => page.getByRole('dialog').last();
const choose = async (page: Page, label: string | RegExp, option: string | RegExp) => {
  await dialog(page).getByLabel(label).first().click({ force: true });
  await page.getByRole('option', { name: option }).first().click();
};
const card = async (id: number) => (await world.api.get(`/api/people/${id}/card`)).body as Json;

inBrowser('on a card: why somebody owes 1,000, a payment is taken, and a subscription is sold', async () => {
  const { api } = world;
  const student = await make.student();
  const [type, trainer] = [await make.type({ price: 100_000 }), await make.trainer()];
  const training = await api.db.oneFirst(sql.unsafe`
    insert into real_trainings (training_type_id, trainer_id, training_date, start_time, starts_at, ends_at, max_participants, price_minor)
    values (${type}, ${trainer}, ${today()}::date - 1, '10:00', now() - interval '1 day', now() - interval '23 hours', 10, 100000) returning id`);
  const seat = await api.db.oneFirst(sql.unsafe`
    insert into real_training_students (real_training_id, student_id, status) values (${Number(training)}, ${student}, 'PRESENT') returning id`);
  await api.db.query(sql.unsafe`
    insert into invoices (payer_id, student_id, type, amount_minor, real_training_student_id, charge_no)
    values (${student}, ${student}, 'TRAINING', 100000, ${Number(seat)}, 0)`);

  const page = await open(`/console/people/${student}`);
  await page.getByRole('button', { name: /^Why\? Owed.*1,000/ }).click();
  await dialog(page)
    .getByRole('button', { name: /^Why\? Training.*1,000/ })
    .click();
  await dialog(page).getByText('No subscription covered the training').first().waitFor();
  expect(await violations(page)).toEqual([]);
  await dialog(page).getByRole('button', { name: 'Close' }).click();

  await page.getByRole('button', { name: 'Take a payment' }).click();
  await dialog(page).getByText('Goes into the till as taken by Somebody (owner)').first().waitFor();
  expect(await dialog(page).getByLabel('Amount').inputValue()).toBe('1000');
  await dialog(page)
    .getByRole('button', { name: /^Take .*1,000/ })
    .click();
  await page
    .getByText(/1 invoice is paid/)
    .first()
    .waitFor();
  expect(await card(student)).toMatchObject({ owed_minor: 0, balance_minor: 0 });
  const { items } = (await api.get(`/api/payments?payer_id=${student}`)).body as Json;
  expect(items).toMatchObject([{ amount_minor: 100_000, method: 'cash', person_id: owner.id }]);

  const kind = await make.subscription({ student: await make.student(), from: today(), to: today() });
  const name = (await api.db.oneFirst(sql.unsafe`
    select name from subscriptions join student_subscriptions held on held.subscription_id = subscriptions.id where held.id = ${kind}`)) as string;
  await page.reload();
  await page.getByRole('button', { name: 'Sell a subscription' }).click();
  await choose(page, 'Subscription', name);
  await dialog(page)
    .getByRole('button', { name: /^Sell for/ })
    .click();
  await page.getByText(`Sold: ${name}`).first().waitFor();
  await page.getByText('8 sessions left').first().waitFor();
  expect((await card(student)).owed_minor).toBe(400_000);
  expect(world.complaints()).toEqual([]);
});

inBrowser('text typed into a form of a card outlives a reload, and only changed fields are sent', async () => {
  const student = await make.student();
  const page = await open(`/console/people/${student}`);
  await page.getByRole('button', { name: 'Edit', exact: true }).click();
  await dialog(page).getByLabel('Last name').fill('Newton');
  await page.reload();
  await page.getByRole('button', { name: 'Edit', exact: true }).click();
  expect(await dialog(page).getByLabel('Last name').inputValue()).toBe('Newton');
  await dialog(page).getByRole('button', { name: 'Save' }).click();
  await page.getByRole('heading', { name: /Newton/, level: 1 }).waitFor();
  expect(await card(student)).toMatchObject({ last_name: 'Newton', is_active: true });
});

inBrowser('a client becomes a student somebody else pays for, and gets a second guardian, whom Undo brings back', async () => {
  const [child, father, mother] = [await make.client(), await make.client(), await make.client()];
  for (const [id, name] of [
    [child, 'Younger'],
    [father, 'Fatherly'],
    [mother, 'Motherwell'],
  ] as const)
    await world.api.db.query(sql.unsafe`update users set first_name = 'Robin', last_name = ${name} where id = ${id}`);
  const pick = async (page: Page, label: string, name: string) => {
    await dialog(page).getByLabel(label).first().fill(name);
    await page
      .getByRole('option', { name: new RegExp(name) })
      .first()
      .click();
  };
  const page = await open(`/console/people/${child}`);
  await page.getByRole('button', { name: 'Make a student' }).click();
  await pick(page, 'Who pays', 'Fatherly');
  await page.reload();
  await page.getByRole('button', { name: 'Make a student' }).click();
  expect(await dialog(page).getByLabel('Who pays').first().inputValue()).toContain('Fatherly');
  await dialog(page).getByRole('button', { name: 'Make a student' }).click();
  await page.getByRole('button', { name: 'Sell a subscription' }).waitFor();
  expect(await card(child)).toMatchObject({ is_student: true, payer: { id: father } });

  await page.getByRole('button', { name: 'Guardians' }).click();
  await dialog(page).getByText('pays').first().waitFor();
  await pick(page, 'Who looks after them, too', 'Motherwell');
  await dialog(page).getByLabel('Also when the student is 18').check();
  await page.reload();
  await page.getByRole('button', { name: 'Guardians' }).click();
  expect(await dialog(page).getByLabel('Who looks after them, too').first().inputValue()).toContain('Motherwell');
  expect(await dialog(page).getByLabel('Also when the student is 18').isChecked()).toBe(true);
  await dialog(page).getByRole('button', { name: 'Add' }).click();
  await page.getByRole('link', { name: 'Robin Motherwell' }).waitFor();
  const guardians = async () => (await world.api.get(`/api/students/${child}/guardians`)).body.items as Json[];
  expect(await guardians()).toMatchObject([
    { guardian_id: father, is_payer: true },
    { guardian_id: mother, allowed_after_18: true },
  ]);
  await page.getByRole('button', { name: 'Guardians' }).click();
  await dialog(page).getByText('also after 18').first().waitFor();
  expect(await violations(page)).toEqual([]);
  await dialog(page).getByRole('button', { name: 'Robin Motherwell looks after them no more' }).click();
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  await page.getByRole('link', { name: 'Robin Motherwell' }).waitFor({ state: 'detached' });
  expect(await guardians()).toHaveLength(1);
  await page.getByRole('button', { name: 'Undo' }).click();
  await page.getByRole('link', { name: 'Robin Motherwell' }).waitFor();
  expect(await guardians()).toMatchObject([{ guardian_id: father }, { guardian_id: mother, allowed_after_18: true }]);
  expect(world.complaints()).toEqual([]);
});

inBrowser('all bookings to come are cancelled after their consequences were said, and Undo brings them back', async () => {
  const client = await make.client();
  const service = await make.service();
  const specialist = await make.specialist([service]);
  for (const hours of [30, 40])
    await world.api.post('/bookings', {
      client_id: client,
      service_id: service,
      specialist_id: specialist,
      starts_at: inHours(hours),
    });
  const page = await open(`/console/people/${client}`);
  await page.getByRole('button', { name: 'Cancel bookings (2)' }).click();
  await dialog(page).getByText('2 bookings are cancelled.').first().waitFor();
  await dialog(page)
    .getByText(/2,000.* is owed no more/)
    .first()
    .waitFor();
  await dialog(page).getByLabel('Reason').fill('moves away');
  await dialog(page).getByRole('button', { name: 'Cancel them all' }).click();
  await page.getByRole('button', { name: 'Undo' }).click();
  await page.getByRole('button', { name: 'Cancel bookings (2)' }).waitFor();
  expect(await card(client)).toMatchObject({ future_bookings: 2, owed_minor: 200_000 });
});

inBrowser('a payment is taken of somebody who was looked for, refunded in part, and seen in the till', async () => {
  const student = await make.student();
  await world.api.db.query(sql.unsafe`update users set first_name = 'Rich', last_name = 'Payer' where id = ${student}`);
  const page = await open('/console/money');
  await page.getByRole('button', { name: 'Take a payment' }).click();
  await dialog(page).getByLabel('Who pays').first().fill('Rich');
  await page
    .getByRole('option', { name: /Rich Payer/ })
    .first()
    .click();
  await dialog(page).getByLabel('Amount').fill('1 500,50');
  await dialog(page)
    .getByRole('button', { name: /^Take .*1,500\.50/ })
    .click();
  await page.getByRole('button', { name: /^More: Rich Payer/ }).click();
  await page.getByText('Give money back').click();
  await dialog(page).getByLabel('Amount').fill('500');
  await dialog(page).getByLabel('Reason').fill('too much');
  await dialog(page)
    .getByRole('button', { name: /^Give .*500/ })
    .click();
  await page
    .getByText(/500\.00 given back/)
    .first()
    .waitFor();
  await page.getByRole('button', { name: 'Till' }).click();
  await page
    .getByText(/in the till/)
    .first()
    .waitFor();
  expect(await card(student)).toMatchObject({ balance_minor: 100_050 });
  expect(world.complaints()).toEqual([]);
});

inBrowser('a payment through the provider is given back there; in another way only on purpose', async () => {
  const student = await make.student();
  await world.api.db.query(sql.unsafe`update users set first_name = 'Olga', last_name = 'Online' where id = ${student}`);
  await world.api.db.transaction(async (transaction) => {
    const order = await insertOrder(transaction, {
      payerId: student,
      invoiceId: null,
      amountMinor: 150_000,
      currency: 'RUB',
      minutes: 30,
    });
    await receivePayment(transaction, {
      payerId: student,
      amountMinor: 150_000,
      method: 'online',
      createdBy: 'online payments',
      providerId: 'of-the-desk',
      orderId: order.id,
    });
  });
  const page = await open('/console/money');
  await page.getByRole('button', { name: /^More: Olga Online/ }).click();
  await page.getByText('Give money back').first().waitFor();
  expect(await page.getByText('Take the payment back').count()).toBe(0);
  await page.getByText('Give money back').click();
  await dialog(page).getByText('Give it back at the provider').first().waitFor();
  expect(await dialog(page).getByLabel('Amount').count()).toBe(0);
  const give = dialog(page).getByRole('button', { name: /^Give .*1,500/ });
  expect(await give.isDisabled()).toBe(true);
  await dialog(page).getByLabel('The studio gave it back itself').check();
  await dialog(page).getByLabel('Reason').fill('had cash');
  expect(await give.isDisabled()).toBe(true);
  await dialog(page).getByLabel('Method').first().click({ force: true });
  await page.getByRole('option', { name: 'Transfer' }).waitFor();
  expect(await page.getByRole('option', { name: 'Online' }).count()).toBe(0);
  await page.getByRole('option', { name: 'Cash' }).click();
  await give.click();
  await page
    .getByText(/1,500\.00 given back/)
    .first()
    .waitFor();
  expect(await card(student)).toMatchObject({ balance_minor: 0 });
});

inBrowser('a debtor is found by the age of the debt, and written to', async () => {
  const student = await make.student();
  await world.api.db.query(sql.unsafe`
    insert into invoices (payer_id, student_id, type, amount_minor, due_date)
    values (${student}, ${student}, 'SUBSCRIPTION', 12300, ${addDays(today(), -40)}::date)`);
  await world.api.db.query(sql.unsafe`update users set first_name = 'Anna', last_name = 'Debtor' where id = ${student}`);
  const page = await open('/console/money?view=debtors');
  await page.getByRole('button', { name: /^over 30 days/ }).click();
  await page.getByRole('button', { name: 'Write to Anna Debtor' }).click();
  expect(await dialog(page).getByLabel('Message').inputValue()).toContain('123.00');
  await dialog(page).getByRole('button', { name: 'Send' }).click();
  await page.getByText('It is on its way to Anna Debtor.').first().waitFor();
  const { items } = (await world.api.get(`/api/people/${student}/timeline?kinds=messages`)).body as Json;
  expect(items).toMatchObject([{ what: 'studio_wrote', status: 'pending' }]);
});

inBrowser('a trainer is away: one training gets a substitute, the other is called off', async () => {
  const [trainer, other] = [await make.specialist([]), await make.specialist([])];
  await world.api.db.query(sql.unsafe`update users set first_name = 'Sub', last_name = 'Person' where id = ${other}`);
  await make.type();
  const trainings = [await make.training({ trainer, at: inHours(50) }), await make.training({ trainer, at: inHours(53) })];
  const page = await open(`/console/trainers/${trainer}`);
  await page.getByRole('button', { name: 'Enter an absence' }).click();
  await dialog(page).getByLabel('From').fill(today());
  await dialog(page).getByLabel('To').fill(addDays(today(), 4));
  await dialog(page).getByLabel('Reason').fill('ill');
  await dialog(page).getByRole('button', { name: 'Enter an absence' }).click();
  await dialog(page).getByText('Whoever comes is told at once').first().waitFor();
  const fields = dialog(page)
    .getByRole('group')
    .filter({ has: page.locator('legend') });
  for (const [n, decision] of [
    [0, 'A substitute'],
    [1, 'Call off'],
  ] as const) {
    await fields.nth(n).getByLabel('What becomes of it').first().click({ force: true });
    await page.getByRole('option', { name: decision }).last().click();
  }
  await fields.nth(0).getByLabel('Who substitutes').first().click({ force: true });
  await page.getByRole('option', { name: 'Sub Person' }).last().click();
  await page.reload();
  await page.getByRole('button', { name: 'Trainings meanwhile' }).click();
  await dialog(page).getByRole('button', { name: 'Decide 2 trainings' }).click();
  await page.getByText('2 trainings are decided.').first().waitFor();
  const [first, second] = await Promise.all(
    trainings.map(async (id) => (await world.api.get(`/real-trainings/${id}`)).body as Json),
  );
  expect([first.trainer_id, first.status, second.status]).toEqual([other, 'scheduled', 'cancelled']);
});

inBrowser('a group gets a member, and the member leaves', async () => {
  const [trainer, student] = [await make.trainer(), await make.student()];
  await world.api.db.query(sql.unsafe`update users set first_name = 'Peter', last_name = 'Member' where id = ${student}`);
  const { id } = (await world.api.post('/api/groups', { name: 'Evening', trainer_id: trainer })).body as Json;
  const page = await open(`/console/groups/${id}`);
  await page.getByRole('button', { name: 'Add somebody' }).click();
  await dialog(page).getByLabel('Student').first().fill('Peter');
  await page
    .getByRole('option', { name: /Peter Member/ })
    .first()
    .click();
  await page.reload();
  await page.getByRole('button', { name: 'Add somebody' }).click();
  expect(await dialog(page).getByLabel('Student').first().inputValue()).toContain('Peter Member');
  await dialog(page).getByRole('button', { name: 'Add somebody' }).click();
  await page.getByRole('heading', { name: '1 member' }).waitFor();
  await page.getByRole('button', { name: 'Leaves the group: Peter Member' }).click();
  await dialog(page).getByRole('button', { name: 'Leaves', exact: true }).click();
  await page.getByRole('heading', { name: '0 members' }).waitFor();
  await eventually(
    async () => ((await world.api.get(`/api/groups/${id}/members?on=${today()}`)).body as Json).items.length === 0,
    10,
  );
});

inBrowser('a trainer sees the own card without load and contacts of nobody, and no money', async () => {
  const trainer = await personOf(world.api, 'trainer');
  const page = await open('/console/trainers', trainer);
  await page.getByRole('link', { name: 'Somebody (trainer)' }).click();
  await page.getByRole('heading', { name: 'Week' }).waitFor();
  expect(await page.getByRole('heading', { name: 'Load' }).count()).toBe(0);
  await page.goto('/console/money');
  await page.getByRole('heading', { name: 'No such page' }).waitFor();
});
