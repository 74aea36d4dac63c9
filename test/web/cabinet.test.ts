import { afterAll, beforeAll, expect } from '@jest/globals';
import { sql } from '../../sql/database/database.ts';
import { at, inHours, salon } from '../bookings/salon.ts';
import { pushService } from '../notifier/push-service.ts';
import { eventually } from '../support/eventually.ts';
import { paymentProvider } from '../support/payment-provider.ts';
import { personOf, type TestPerson } from '../support/people.ts';
import { type ConsoleWorld, consoleWorld, inBrowser, LOCALES, tooWide, violations } from './browser.ts';

let world: ConsoleWorld;
let parent: TestPerson;
let booking: number;
let late: number;
let training: number;
let service: number;
let provider: Awaited<ReturnType<typeof paymentProvider>>;
let push: Awaited<ReturnType<typeof pushService>>;
beforeAll(async () => {
  if (!process.env.TEST_CHROMIUM) return;
  provider = await paymentProvider();
  world = await consoleWorld({
    RATE_LIMIT_PER_MINUTE: '100000',
    SMTP_URL: 'smtp://127.0.0.1:9',
    MAIL_FROM: 'hello@studio.example',
    PUSH_LOOPBACK: 'yes',
    ...provider.settings,
  });
  provider.serve(world.api.url);
  push = await pushService();
  const { api } = world;
  const make = salon(api.db);
  service = await make.service({ price: 250_000 });
  await api.db.query(sql.unsafe`update services set name = 'Haircut' where id = ${service}`);
  const master = await make.specialist([service], { location: await make.location() });
  const child = await personOf(api, 'client');
  parent = await personOf(api, 'guardian', { children: [child.id] });
  await api.db.query(sql.unsafe`update users set first_name = 'Mila' where id = ${child.id}`);
  const book = async (starts_at: string) =>
    Number(
      (await api.post('/bookings', { client_id: parent.id, service_id: service, specialist_id: master, starts_at })).body.id,
    );
  [booking, late] = [await book(at(3, '10:00')), await book(inHours(5))];
  await make.money(parent.id, 300_000);
  const sold = { price_minor: 50_000, validity_days: 30 };
  await api.post('/api/subscriptions', { name: 'Eight', number_of_sessions: 8, ...sold });
  await api.post('/api/service-packages', { name: 'Ten', composition: [{ service_id: service, units: 10 }], ...sold });
  training = await make.training({ trainer: master, at: at(4, '18:00') });
  await api.post(`/real-trainings/${training}/students`, { student_id: parent.id });
}, 120_000);
afterAll(async () => {
  await world?.close();
  push?.close();
  provider?.close();
});

inBrowser('a booking is moved, then cancelled after its consequence was read', async () => {
  const page = await world.visit({ token: parent.token });
  await page.goto('/cabinet');
  await page.locator(`a[href="/cabinet/bookings/${booking}"]`).click();
  await page.getByRole('link', { name: 'Move it' }).click();
  await page.getByRole('link', { name: /^10:30,/ }).click();
  await page.getByRole('heading', { name: /^New time: .*10:30/ }).waitFor();
  await page.getByText('You can cancel for free until').first().waitFor();
  await page.getByRole('button', { name: /^Move to .*10:30/ }).click();
  await page.getByRole('heading', { name: /10:30$/ }).waitFor();
  await page.getByText('You will not have to pay').first().waitFor();
  await page.getByRole('button', { name: 'Cancel for free' }).click();
  await page.locator('.note', { hasText: 'cancelled' }).waitFor();
  expect(world.complaints()).toEqual([]);
});

inBrowser('without JavaScript an invoice is paid and quiet hours are kept', async () => {
  const page = await world.visit({ token: parent.token, javaScriptEnabled: false });
  await page.goto('/cabinet/money');
  await page.getByRole('button', { name: /^Pay RUB.2,500 from the balance$/ }).click();
  await page.getByText('Everything is paid.').first().waitFor();
  await page.getByRole('link', { name: 'Settings' }).click();
  await page.getByLabel('None').check();
  await page.getByRole('button', { name: 'Save' }).click();
  await page.waitForURL('**/cabinet/settings');
  expect(await page.getByLabel('None').isChecked()).toBe(true);
});

/** A browser's push service is at another host: here it is ours. What is shown, and the worker, are real. */
const subscribeTo = (subscription: object) => `
  const made = { ...${JSON.stringify(subscription)}, toJSON: () => (${JSON.stringify(subscription)}),
    unsubscribe: async () => { localStorage.removeItem('subscribed'); return true; } };
  PushManager.prototype.subscribe = async function () { localStorage.setItem('subscribed', 'yes'); return made; };
  PushManager.prototype.getSubscription = async function () { return localStorage.getItem('subscribed') ? made : null; };`;

inBrowser('messages to the browser are offered after a booking alone, and the cabinet switches them off', async () => {
  const { api } = world;
  const subscription = push.subscribe();
  const page = await world.visit({ token: parent.token, permissions: ['notifications'] });
  await page.addInitScript(subscribeTo(subscription));
  const subscribed = () =>
    api.db.exists(
      sql.unsafe`select from push_subscriptions where user_id = ${parent.id} and endpoint = ${subscription.endpoint}`,
    );
  await page.goto('/cabinet/settings');
  expect(await page.locator('[data-push]:not([hidden])').count()).toBe(0);
  await page.goto(`/?service=${service}`);
  expect(await page.locator('[data-push]').count()).toBe(0);
  await page.locator('.starts button').last().click();
  await page.getByRole('button', { name: /^Book/ }).last().click();
  await page.getByRole('heading', { name: 'You are booked' }).waitFor();
  await page.getByRole('button', { name: 'Yes, tell me here' }).click();
  const words = await page.locator('[data-push] [role=status]').innerText();
  expect([words, ...world.complaints()]).toEqual(['Done: messages come to this browser.']);
  expect(await subscribed()).toBe(true);
  await page.goto('/cabinet/settings');
  await page.getByRole('button', { name: 'Switch them off' }).click();
  await page.getByText('nothing comes to this browser any more').first().waitFor();
  expect(await subscribed()).toBe(false);
  expect(world.complaints()).toEqual([]);
});

inBrowser('a browser that has no page of ours open shows what comes, one message in place of the one before it', async () => {
  const page = await world.visit({ permissions: ['notifications'] });
  const cdp = await page.context().newCDPSession(page);
  let registrationId = '';
  cdp.on('ServiceWorker.workerRegistrationUpdated', ({ registrations }) => {
    registrationId = registrations[0]?.registrationId ?? registrationId;
  });
  await cdp.send('ServiceWorker.enable');
  await page.goto('/');
  await page.evaluate(
    "navigator.serviceWorker.register('/push-worker.js').then(() => navigator.serviceWorker.ready).then(() => 0)",
  );
  await eventually(async () => registrationId !== '', 10);
  const [worker] = page.context().serviceWorkers();
  const shown = () =>
    worker?.evaluate(
      'registration.getNotifications().then((all) => all.map(({ tag, lang, title, body }) => ({ tag, lang, title, body })).sort((one, other) => one.tag.localeCompare(other.tag)))',
    );
  const moved = { tag: 'booking:7', lang: 'uk', title: 'Запис перенесено', body: 'Haircut: пʼятниця, 10:30' };
  const cancelled = { tag: 'booking:7', lang: 'uk', title: 'Запис скасовано', body: '<b>Haircut</b>' };
  const other = { tag: 'booking:8', lang: 'en', title: 'You are booked', body: 'Colour' };
  for (const [message, expected] of [
    [moved, [moved]],
    [cancelled, [cancelled]],
    [other, [cancelled, other]],
  ] as const) {
    await cdp.send('ServiceWorker.deliverPushMessage', { origin: world.api.url, registrationId, data: JSON.stringify(message) });
    await eventually(async () => JSON.stringify(await shown()) === JSON.stringify(expected), 10);
  }
  // Pressed, it goes away and leads into the cabinet.
  const opened = await worker?.evaluate(`(async () => {
    const opened = [];
    clients.openWindow = async (to) => void opened.push(to);
    const [notification] = await registration.getNotifications();
    dispatchEvent(new NotificationEvent('notificationclick', { notification }));
    return opened;
  })()`);
  expect(opened).toEqual(['/cabinet']);
  await eventually(async () => JSON.stringify(await shown()) === JSON.stringify([other]), 10);
  expect(world.complaints()).toEqual([]);
});

inBrowser('on paper stands what was paid, without what one would press', async () => {
  const page = await world.visit({ token: parent.token });
  await page.goto('/cabinet/money');
  await page.emulateMedia({ media: 'print' });
  expect(await page.locator('nav a:visible, button:visible, .button:visible').allInnerTexts()).toEqual([]);
  expect(
    await page
      .getByText(/^Balance: RUB/)
      .first()
      .isVisible(),
  ).toBe(true);
});

inBrowser('a subscription is bought from the balance, and a visit is booked for a child', async () => {
  const { api } = world;
  const child = await personOf(api, 'client');
  await api.db.query(sql.unsafe`update users set first_name = 'Olga' where id = ${child.id}`);
  const buyer = await personOf(api, 'guardian', { children: [child.id] });
  await salon(api.db).money(buyer.id, 50_000);
  const page = await world.visit({ token: buyer.token });
  await page.goto('/cabinet');
  await page.getByRole('link', { name: 'Buy' }).click();
  await page.getByRole('button', { name: /^Eight: Buy for RUB.500 from the balance$/ }).click();
  await page.locator('.note', { hasText: /^Done\. Subscription: RUB.500, paid from the balance\.$/ }).waitFor();
  await page.goto(`/?service=${service}`);
  await page.locator('.starts button').last().click();
  await page.getByRole('link', { name: 'Olga' }).click();
  await page.locator('.chip[aria-current=true]', { hasText: 'Olga' }).waitFor();
  await page.getByRole('button', { name: /^Book/ }).last().click();
  await page.getByRole('heading', { name: 'You are booked' }).waitFor();
  await page.locator('dd', { hasText: 'Olga' }).waitFor();
  expect(world.complaints()).toEqual([]);
});

inBrowser('the same time is booked for some weeks, but for one of them', async () => {
  const regular = await personOf(world.api, 'client');
  const page = await world.visit({ token: regular.token });
  await page.goto(`/?service=${service}`);
  await page.locator('a[data-key=next]').click();
  await page.locator('a[data-key=prev]').waitFor();
  await page.locator('.starts button').last().click();
  await page.getByRole('link', { name: 'Book this time every week' }).click();
  await page.getByLabel('How many times').selectOption('3');
  await page.getByRole('button', { name: 'Show the dates' }).click();
  await page.getByRole('button', { name: /^Book 3 dates for RUB.7,500$/ }).waitFor();
  await page.setViewportSize({ width: 375, height: 800 });
  expect([await violations(page), await tooWide(page)]).toEqual([[], 0]);
  await page.getByRole('checkbox').nth(1).uncheck();
  await page.getByRole('button', { name: 'Count again' }).click();
  await page.getByRole('button', { name: /^Book 2 dates for RUB.5,000$/ }).click();
  await page.getByRole('heading', { name: 'Ahead' }).waitFor();
  expect(await page.locator('.card.row', { hasText: 'Haircut' }).count()).toBe(2);
  expect(world.complaints()).toEqual([]);
});

inBrowser('the balance is added to at the provider’s page, which leads back', async () => {
  const payer = await personOf(world.api, 'client');
  const page = await world.visit({ token: payer.token });
  await page.goto('/cabinet/money');
  await page.getByLabel('Amount').fill('1500');
  await page.getByRole('button', { name: 'Add it online' }).click();
  await page.getByRole('link', { name: 'Go on to the payment' }).click();
  await page.getByRole('link', { name: 'Pay 150000 RUB' }).click();
  await page.locator('.note', { hasText: 'Paid. The money has arrived.' }).waitFor();
  await page.getByRole('main').getByRole('link', { name: 'Money' }).last().click();
  await page
    .getByText(/^Balance: RUB.1,500$/)
    .first()
    .waitFor();
  expect(world.complaints()).toEqual([]);
});

for (const locale of LOCALES)
  inBrowser(
    `axe finds nothing and no page is wider than a phone, light and dark, in ${locale}`,
    async () => {
      const found: string[] = [];
      const page = await world.visit({ locale, token: parent.token });
      for (const [width, colorScheme] of [
        [375, 'dark'],
        [1_200, 'light'],
      ] as const) {
        await page.setViewportSize({ width, height: 800 });
        await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
        for (const path of [
          '/cabinet',
          '/cabinet/visits',
          '/cabinet/buy',
          '/cabinet/money',
          '/cabinet/settings',
          `/cabinet/bookings/${late}`,
          `/cabinet/bookings/${late}/move`,
          `/cabinet/classes/${training}`,
        ]) {
          await page.goto(path);
          for (const problem of await violations(page)) found.push(`${width} ${path}: ${problem}`);
          const wider = await tooWide(page);
          if (wider > 0) found.push(`${width} ${path}: ${wider} px too wide`);
        }
      }
      expect(found).toEqual([]);
    },
    180_000,
  );
