import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, expect } from '@jest/globals';
import type { Frame, Page } from 'playwright-core';
import { sql } from '../../sql/database/database.ts';
import { closeMail } from '../../workers/notifier/channels/mail.ts';
import { at, salon } from '../bookings/salon.ts';
import { account, PASSWORD } from '../sign-in/account.ts';
import { type SmtpServer, smtpServer } from '../sign-in/smtp-server.ts';
import { eventually } from '../support/eventually.ts';
import { type ConsoleWorld, consoleWorld, inBrowser, LOCALES, tooWide, violations } from './browser.ts';

/** A page of another site than ours, as browsers see it, with a page in its frame. */
const framing = () =>
  createServer((request, response) => {
    response.setHeader('Content-Type', 'text/html');
    response.end(
      `<title>Studio</title><iframe title="Book" src="${new URL(request.url ?? '', 'http://x').searchParams.get('of')}" width="500" height="900"></iframe>`,
    );
  });
/** Whose pages may show ours, and whose may not. */
const [elsewhere, foreign] = [framing(), framing()];
let [embedder, stranger] = ['', ''];
let smtp: SmtpServer;
let world: ConsoleWorld;
let service: number;
let colour: number;
let group: number;

beforeAll(async () => {
  if (!process.env.TEST_CHROMIUM) return;
  smtp = await smtpServer();
  for (const server of [elsewhere, foreign]) await new Promise<void>((done) => void server.listen(0, 'localhost', done));
  [embedder, stranger] = [elsewhere, foreign].map((server) => `http://localhost:${(server.address() as AddressInfo).port}`) as [
    string,
    string,
  ];
  world = await consoleWorld({
    SMTP_URL: smtp.url,
    MAIL_FROM: 'hello@studio.example',
    EMBED_ORIGINS: embedder,
    RATE_LIMIT_PER_MINUTE: '100000',
  });
  const make = salon(world.api.db);
  service = await make.service({ price: 250_000 });
  await world.api.db.query(sql.unsafe`update services set name = 'Haircut' where id = ${service}`);
  colour = await make.service({ price: 100_000, minutes: 30 });
  await world.api.db.query(sql.unsafe`update services set name = 'Colour' where id = ${colour}`);
  const location = await make.location();
  for (const name of ['Anna', 'Bella']) {
    const master = await make.specialist([service, colour], { location });
    await world.api.db.query(sql.unsafe`update users set first_name = ${name}, last_name = '' where id = ${master}`);
  }
  group = await make.training({ trainer: await make.specialist([], { location }), at: at(2, '18:00') });
  await world.api.db.query(sql.unsafe`update real_trainings set max_participants = 1, price_minor = 50000 where id = ${group}`);
}, 120_000);
afterEach(() => void world?.complaints());
afterAll(async () => {
  await world?.close();
  await closeMail();
  smtp?.close();
  elsewhere.close();
  foreign.close();
});

let people = 0;
async function fillIn(page: Page | Frame) {
  people += 1;
  const email = `olga${people}@home.example`;
  await page.getByLabel('First name').fill('Olga');
  await page.getByLabel('Phone', { exact: true }).fill(`+7916555${String(people).padStart(4, '0')}`);
  await page.getByLabel('E-mail', { exact: true }).fill(email);
  await page.getByLabel(/I agree/).check();
  return email;
}
async function codeFor(email: string): Promise<string> {
  const letter = () => smtp.letters.find(({ to }) => to === email);
  await eventually(async () => letter() !== undefined, 10);
  return String(/Your code is (\d{6})/.exec(String(letter()?.text))?.[1]);
}
const isBooked = (page: Page | Frame) => page.getByRole('heading', { name: 'You are booked' }).waitFor();
const later = async (page: Page | Frame) => {
  await page.getByRole('link', { name: 'Later days' }).click();
  await page.waitForURL(/day=/);
};

inBrowser('three taps, then who one is and the code: no account first', async () => {
  const page = await world.visit();
  await page.goto('/');
  await page.getByRole('link', { name: 'Haircut' }).click();
  await page.getByRole('link', { name: 'Bella' }).click();
  await page.waitForURL(/who=/);
  await later(page);
  await page.getByRole('button', { name: /^15:00,/ }).click();
  await page.waitForURL('**/book/**');
  expect(await page.locator('.summary').innerText()).toContain('Bella');
  const email = await fillIn(page);
  await page.getByRole('button', { name: /^Book \w{3} 15:00 for RUB.2,500, free to cancel until \w{3} 03:00$/ }).click();
  await page.getByLabel('Code').fill(await codeFor(email));
  await page.getByRole('button', { name: /^Book/ }).click();
  await isBooked(page);
  expect(await page.evaluate('document.activeElement.tagName')).toBe('H1');
  expect(world.complaints()).toEqual([]);
});

inBrowser('the first starts are painted, with their styles, by one answer: nothing else is waited for', async () => {
  for (const path of [`/?service=${service}`, `/s/${service}-haircut`]) {
    const page = await world.visit();
    const asked: string[] = [];
    await page.route('**/*', (route) => {
      asked.push(route.request().resourceType());
      // Whatever is asked for beside the page itself never comes.
      return route.request().resourceType() === 'document' ? route.continue() : undefined;
    });
    const answer = await page.goto(path, { waitUntil: 'commit' });
    await page.locator('.starts button').first().waitFor();
    await eventually(() => page.evaluate("performance.getEntriesByName('first-contentful-paint').length > 0"), 30);
    expect([path, answer?.status(), answer?.request().redirectedFrom()]).toEqual([path, 200, null]);
    expect(asked.filter((type) => type === 'document' || type === 'stylesheet')).toEqual(['document']);
    expect(await page.evaluate("getComputedStyle(document.querySelector('.days')).display")).toBe('grid');
    await page.unrouteAll({ behavior: 'ignoreErrors' });
    await page.context().close();
  }
  expect(world.complaints()).toEqual([]);
});

inBrowser('the address keeps the choice: back, and a tab opened anew, show the same', async () => {
  const page = await world.visit();
  await page.goto(`/?service=${service}`);
  await page.getByRole('link', { name: 'Anna' }).click();
  await page.waitForURL(/who=/);
  await later(page);
  const address = page.url();
  const chosen = await page.locator('.days [aria-current] .unseen').innerText();
  await page.goBack();
  await page.waitForURL((url) => !url.searchParams.has('day'));
  await page.goto(address);
  expect(await page.locator('.days [aria-current] .unseen').innerText()).toBe(chosen);
  expect(chosen).toMatch(/^\w+ \d+ \w+: \d+ free times$/);
});

inBrowser('by keyboard alone', async () => {
  const page = await world.visit();
  await page.goto('/');
  const press = async (what: RegExp) => {
    for (let tries = 0; tries < 120; tries += 1) {
      await page.keyboard.press('Tab');
      const name: string = await page.evaluate('((at) => at.ariaLabel ?? (at.innerText || at.id))(document.activeElement)');
      if (what.test(name)) return;
    }
    throw new Error(`nothing to be reached is ${what}`);
  };
  await press(/^Haircut/);
  await page.keyboard.press('Enter');
  await page.locator('.starts button').first().waitFor();
  await press(/^Later days/);
  await page.keyboard.press('Enter');
  await page.waitForURL(/day=/);
  await page.locator('main:not([aria-busy])').waitFor();
  await press(/^16:00,/);
  await page.keyboard.press('Enter');
  await page.waitForURL('**/book/**');
  for (const [id, text] of [
    ['first_name', 'Olga'],
    ['phone', '+79165559999'],
    ['email', 'keys@home.example'],
  ] as const) {
    await press(new RegExp(`^${id}$`));
    await page.keyboard.type(text);
  }
  await press(/^consent$/);
  await page.keyboard.press('Space');
  await press(/^Book/);
  await page.keyboard.press('Enter');
  await page.getByLabel('Code').waitFor();
  await press(/^code$/);
  await page.keyboard.type(await codeFor('keys@home.example'));
  await page.keyboard.press('Enter');
  await isBooked(page);
});

inBrowser('without JavaScript', async () => {
  const page = await world.visit({ javaScriptEnabled: false });
  await page.goto('/');
  await page.getByRole('link', { name: 'Haircut' }).click();
  await later(page);
  await page.getByRole('button', { name: /^17:00,/ }).click();
  const email = await fillIn(page);
  await page.getByRole('button', { name: /^Book/ }).click();
  await page.getByLabel('Code').fill('000000');
  await page.getByRole('button', { name: /^Book/ }).click();
  expect(await page.getByText('The code is wrong').count()).toBe(1);
  await page.getByLabel('Code').fill(await codeFor(email));
  await page.getByRole('button', { name: /^Book/ }).click();
  await isBooked(page);
});

const severalServices = async (page: Page, hour: number) => {
  await page.goto('/');
  await page.getByRole('link', { name: 'Several services in one visit' }).click();
  await page.getByRole('link', { name: /^Haircut/ }).click();
  await page.getByText('Add at least one more service').first().waitFor();
  await page.getByRole('link', { name: /^Colour/ }).click();
  await page.locator('.visit li section').nth(1).getByRole('link', { name: 'Bella' }).click();
  await page.waitForURL(/parts=\d+\.\d+-\d+/);
  await later(page);
  await page.getByRole('button', { name: new RegExp(`^${hour}:00,`) }).click();
  await page.waitForURL(/visit\/./);
  expect(await page.locator('.lines').innerText()).toMatch(
    new RegExp(`${hour}:00 · Haircut[^]*${hour + 1}:00 · Colour[^]*Bella[^]*Total\\s+RUB.3,500`),
  );
  const email = await fillIn(page);
  await page.getByRole('button', { name: /^Book 2 services/ }).click();
  await page.getByLabel('Code').fill(await codeFor(email));
  await page.getByRole('button', { name: /^Book 2 services/ }).click();
  await isBooked(page);
};

inBrowser('several services in one visit, and the same without JavaScript', async () => {
  await severalServices(await world.visit(), 18);
  expect(world.complaints()).toEqual([]);
  await severalServices(await world.visit({ javaScriptEnabled: false }), 20);
});

inBrowser('the slot is lost while one types: what is free stands in place, and all that was typed is still there', async () => {
  const page = await world.visit();
  await page.goto(`/?service=${service}`);
  await page.getByRole('link', { name: 'Anna' }).click();
  await page.waitForURL(/who=/);
  await later(page);
  await page.getByRole('button', { name: /^12:00,/ }).click();
  await page.waitForURL('**/book/**');
  const email = await fillIn(page);
  await world.api.db.query(
    sql.unsafe`update bookings set held_until = now() - interval '1 second' where status = 'PENDING' and created_by = 'visitor'`,
  );
  await takeInstead(page);
  await page.getByRole('button', { name: /^Book/ }).click();
  await page.getByRole('alert').waitFor();
  expect(await page.getByRole('alert').innerText()).toContain('That time is taken by now');
  expect(await page.getByLabel('E-mail', { exact: true }).inputValue()).toBe(email);
  expect(await page.getByLabel(/I agree/).isChecked()).toBe(true);
  await page.getByRole('radio', { name: '14:00', exact: true }).check();
  await page.getByRole('button', { name: /^Book the chosen time/ }).click();
  await page.getByLabel('Code').fill(await codeFor(email));
  await page.getByRole('button', { name: /14:00/ }).click();
  await isBooked(page);
  expect(world.complaints()).toEqual([expect.stringContaining('409')]);
});

/** Somebody else books what a page holds no longer. */
async function takeInstead(page: Page) {
  const shown = await page.locator('.note').getAttribute('data-at');
  const held = await world.api.get('/bookings?status=PENDING&limit=100');
  const mine = held.body.items.find(({ starts_at }: { starts_at: string }) => starts_at === shown);
  const client = await salon(world.api.db).client();
  const taken = await world.api.post('/bookings', {
    client_id: client,
    service_id: service,
    specialist_id: mine.specialist_id,
    starts_at: mine.starts_at,
  });
  expect(taken.status).toBe(201);
}

inBrowser('a browser in another zone is told so, one in the studio’s is not', async () => {
  const away = await world.visit({ timezoneId: 'Asia/Tokyo' });
  await away.goto(`/?service=${service}`);
  expect(await away.locator('.note').innerText()).toMatch(/When it is \w+,? [\d:]+ there, it is \w+,? [\d:]+ on your clock/);
  const home = await world.visit({ timezoneId: 'Europe/Moscow' });
  await home.goto(`/?service=${service}`);
  expect(await home.locator('.note').isVisible()).toBe(false);
});

/** A page of another site with a page of ours in its frame. */
async function framed(host: string, path: string) {
  const page = await world.visit();
  await page.goto(`${host}/?of=${encodeURIComponent(world.api.url + path)}`);
  return { page, frame: page.frames()[1] as Frame };
}

/** Complaints of the page: a frame that is not shown has no storage, into which each test's browser writes its language. */
const troubles = () => world.complaints().filter((line) => !line.includes("'localStorage'"));

inBrowser('in a frame of the studio’s own site, without cookies', async () => {
  const { page, frame } = await framed(embedder, `/?service=${service}`);
  await later(frame);
  await frame.getByRole('button', { name: /^10:00,/ }).click();
  const email = await fillIn(frame);
  await frame.getByRole('button', { name: /^Book/ }).click();
  await frame.getByLabel('Code').fill(await codeFor(email));
  await frame.getByRole('button', { name: /^Book/ }).click();
  await isBooked(frame);
  expect((await page.context().cookies()).filter(({ name }) => name === 'sf_session')).toEqual([]);
});

inBrowser('a visitor who would rather sign in leaves the frame, in which that cannot be, and finds what was held', async () => {
  const { page, frame } = await framed(embedder, `/?service=${service}`);
  await later(frame);
  await frame.getByRole('button', { name: /^08:00,/ }).click();
  await frame.getByRole('link', { name: /have a password\? Sign in/ }).click();
  await page.waitForURL(/\/enter\?next=/);
  expect([page.url().startsWith(world.api.url), page.frames().length]).toEqual([true, 1]);
  await account(world.api, { login: 'from.a.frame' });
  await page.getByLabel('Phone, e-mail or login').fill('from.a.frame');
  await page.getByLabel('Password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await page.waitForURL('**/book/**');
  await page.getByRole('button', { name: /^Book \w{3} 08:00/ }).click();
  await isBooked(page);
  expect(troubles()).toEqual([]);
});

inBrowser('in nobody else’s frame, and nothing but booking in any', async () => {
  const framers = async (path: string) => {
    const { headers } = await world.api.get(path, { key: null, headers: { Accept: 'text/html' } });
    return [path, /frame-ancestors ([^;]+)/.exec(String(headers.get('content-security-policy')))?.[1]];
  };
  for (const path of ['/', `/?service=${service}`, `/s/${service}`, `/visit?parts=${service}`, '/classes', `/classes/${group}`])
    expect(await framers(path)).toEqual([path, `'self' ${embedder}`]);
  for (const path of ['/enter', '/console']) expect(await framers(path)).toEqual([path, "'none'"]);
  for (const [host, path] of [
    [stranger, `/?service=${service}`],
    [embedder, '/enter'],
  ] as const) {
    const { frame } = await framed(host, path);
    expect([host, await frame.locator('main').count()]).toEqual([host, 0]);
    expect(troubles()).toEqual([expect.stringContaining('frame-ancestors')]);
  }
});

inBrowser('a newcomer joins a class, the next one waits for a place and leaves the waitlist', async () => {
  const first = await world.visit();
  await first.goto(`/classes/${group}`);
  const email = await fillIn(first);
  await first.getByRole('button', { name: /^Join/ }).click();
  await first.getByLabel('Code').fill(await codeFor(email));
  await first.getByRole('button', { name: /^Join/ }).click();
  await first.locator('main').getByText('You have a place in this class.').first().waitFor();

  const second = await world.visit();
  await second.goto(`/classes/${group}`);
  const next = await fillIn(second);
  await second.getByRole('button', { name: /waitlist/ }).click();
  await second.getByLabel('Code').fill(await codeFor(next));
  await second.getByRole('button', { name: /waitlist/ }).click();
  await second.locator('main').getByText('You are on the waitlist.').first().waitFor();
  await second.getByRole('button', { name: 'Leave the waitlist' }).click();
  await second.getByRole('button', { name: /Join the waitlist/ }).waitFor();

  await first.getByRole('button', { name: 'Give up my place, for free' }).click();
  await first.getByRole('button', { name: /^Join/ }).waitFor();
});

inBrowser(
  'nothing is in the way of whoever sees, hears or reaches less, in three languages, on a phone and at a desk',
  async () => {
    const found: string[] = [];
    for (const locale of LOCALES)
      for (const [width, colorScheme] of [
        [375, 'dark'],
        [1_200, 'light'],
      ] as const) {
        const page = await world.visit({ locale, viewport: { width, height: 800 }, colorScheme });
        const look = async (what: string) => {
          for (const problem of await violations(page)) found.push(`${locale} ${width} ${what}: ${problem}`);
          const wider = await tooWide(page);
          if (wider > 0) found.push(`${locale} ${width} ${what}: ${wider} px too wide`);
        };
        for (const path of [
          '/',
          `/?service=${service}`,
          '/classes',
          `/classes/${group}`,
          '/enter',
          '/book/nothing',
          `/visit?parts=${service}.${colour}`,
        ]) {
          await page.goto(path);
          await look(path);
        }
        await world.api.db.query(sql.unsafe`update site_holds set network = 'elsewhere'`);
        await page.goto(`/?service=${service}`);
        await page.locator('.starts button').last().click();
        await page.waitForURL('**/book/**');
        await look('/book');
        await page.goto(`/visit?parts=${service}.${colour}`);
        await page.locator('.starts button').last().click();
        await page.waitForURL(/visit\/./);
        await look('/visit');
        await page.context().close();
      }
    expect(found).toEqual([]);
  },
  240_000,
);
