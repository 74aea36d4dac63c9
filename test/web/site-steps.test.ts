import { afterAll, beforeAll, expect } from '@jest/globals';
import type { Page } from 'playwright-core';
import { sql } from '../../sql/database/database.ts';
import { closeMail } from '../../workers/notifier/channels/mail.ts';
import { salon } from '../bookings/salon.ts';
import { type SmtpServer, smtpServer } from '../sign-in/smtp-server.ts';
import { inDays } from '../support/days.ts';
import { paymentProvider } from '../support/payment-provider.ts';
import { personOf } from '../support/people.ts';
import { type ConsoleWorld, consoleWorld, inBrowser, LOCALES, smallTargets, tooWide, violations } from './browser.ts';

let world: ConsoleWorld;
let smtp: SmtpServer;
let provider: Awaited<ReturnType<typeof paymentProvider>>;
let service: number;
let colour: number;
let nine: number;
beforeAll(async () => {
  if (!process.env.TEST_CHROMIUM) return;
  [smtp, provider] = [await smtpServer(), await paymentProvider()];
  world = await consoleWorld({
    SMTP_URL: smtp.url,
    MAIL_FROM: 'hello@studio.example',
    RATE_LIMIT_PER_MINUTE: '100000',
    ...provider.settings,
  });
  provider.serve(world.api.url);
  const make = salon(world.api.db);
  [service, colour] = [await make.service({ price: 250_000 }), await make.service({ price: 100_000, minutes: 30 })];
  await make.specialist([service, colour], { location: await make.location(), schedule: OPEN });
  const composition = [{ service_id: service, units: 9 }];
  const sold = { name: 'Nine', composition, price_minor: 0, validity_days: 30 };
  nine = (await world.api.post('/api/service-packages', sold)).body.id;
}, 120_000);
afterAll(async () => {
  await world?.close();
  await closeMail();
  smtp?.close();
  provider?.close();
});

const OPEN = Object.fromEntries(['0', '1', '2', '3', '4', '5', '6'].map((key) => [key, [['10:00', '18:00']]]));
/** What axe finds on a page, what is wider than it, and what a finger misses on a phone, each with where that was. */
async function look(page: Page, what: string): Promise<string[]> {
  const wider = await tooWide(page);
  const missed = (page.viewportSize()?.width ?? 0) < 600 ? await smallTargets(page) : [];
  const found = [...(await violations(page)), ...(wider > 0 ? [`${wider} px too wide`] : []), ...missed];
  return found.map((problem) => `${what}: ${problem}`);
}
async function take(page: Page, path: string, start: 'first' | 'last', to: RegExp) {
  await page.goto(path);
  await page.locator('.starts button')[start]().click();
  await page.waitForURL(to);
}

for (const [n, locale] of LOCALES.entries())
  for (const [width, colorScheme, days] of [
    [375, 'dark', 3 + n],
    [1_200, 'light', 10 + n],
  ] as const) {
    // A day of its own, with all its starts.
    const day = () => `day=${inDays(days)}`;
    const shown = { locale, viewport: { width, height: 800 }, colorScheme };

    inBrowser(`the steps of a newcomer: the best starts, the code, a link to join, in ${locale}, ${width} px wide`, async () => {
      const page = await world.visit(shown);
      await page.goto(`/?service=${service}&${day()}`);
      expect(await page.locator('.best button').count()).toBe(3);
      const found = await look(page, 'the best starts');
      await take(page, `/?service=${service}&${day()}`, 'last', /\/book\//);
      await page.locator('#first_name').fill('Olga');
      await page.locator('#phone').fill(`+791644400${10 + days}`);
      await page.locator('#email').fill(`olga.${locale}.${width}@home.example`);
      await page.locator('#consent').check();
      await page.locator('main button.main').click();
      await page.locator('#code').waitFor();
      found.push(...(await look(page, 'the code')));
      await page.locator('#code').fill('000000');
      await page.locator('main button.main').click();
      await page.locator('#code[aria-invalid]').waitFor();
      found.push(...(await look(page, 'a wrong code')));
      const invited = await world.api.post('/api/invitations', { login: `${locale}${width}@home.example`, role: 'client' });
      await page.goto(`/join${new URL(invited.body.url).search}`);
      await page.locator('#password').waitFor();
      found.push(...(await look(page, 'a link to join')));
      expect(found).toEqual([]);
    });

    inBrowser(
      `the steps of a client: each week, a package, booked, paying, a calendar, in ${locale}, ${width} px wide`,
      async () => {
        const { api } = world;
        const client = await personOf(api, 'client');
        await api.post(`/api/clients/${client.id}/packages`, { service_package_id: nine });
        await api.db.query(sql.unsafe`update site_holds set network = 'elsewhere'`);
        const page = await world.visit({ ...shown, token: client.token });
        const found: string[] = [];
        await take(page, `/?service=${service}&${day()}`, 'last', /\/book\//);
        found.push(...(await look(page, 'what a package pays')));
        await page.goto(`${new URL(page.url()).pathname}/weekly?times=4`);
        found.push(...(await look(page, 'each week')));
        await page.goBack();
        await page.locator('main button.main').click();
        await page.waitForURL(/\/booked\//);
        found.push(...(await look(page, 'booked')));
        await take(page, `/visit?parts=${service}.${colour}&${day()}`, 'first', /\/visit\/./);
        await page.locator('main button.main').click();
        await page.locator('main a[href="/cabinet"]').waitFor();
        found.push(...(await look(page, 'a booked visit')));
        const order = await client.ask('POST', '/me/payment-orders', { amount_minor: 150_000 });
        await page.goto(`/cabinet/pay/${order.body.id}`);
        found.push(...(await look(page, 'paying')));
        await page.goto('/cabinet/settings');
        await page.locator('form[action="/cabinet/calendar"] button').click();
        await page.locator('#calendar-url').waitFor();
        found.push(...(await look(page, 'a calendar')));
        expect(found).toEqual([]);
      },
    );
  }
