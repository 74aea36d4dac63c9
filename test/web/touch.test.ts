import { afterAll, beforeAll, expect } from '@jest/globals';
import { sql } from '../../sql/database/database.ts';
import { at, salon } from '../bookings/salon.ts';
import { personOf, type TestPerson } from '../support/people.ts';
import { type ConsoleWorld, consoleWorld, cutTexts, inBrowser, LOCALES, smallTargets } from './browser.ts';

let world: ConsoleWorld;
let parent: TestPerson;
let paths: readonly string[];
beforeAll(async () => {
  if (!process.env.TEST_CHROMIUM) return;
  world = await consoleWorld({ RATE_LIMIT_PER_MINUTE: '100000' });
  const { api } = world;
  const make = salon(api.db);
  const service = await make.service({ price: 250_000 });
  await api.db.query(sql.unsafe`update services set name = 'Haircut' where id = ${service}`);
  const master = await make.specialist([service], { location: await make.location() });
  const child = await personOf(api, 'client');
  parent = await personOf(api, 'guardian', { children: [child.id] });
  const wish = { client_id: parent.id, service_id: service, specialist_id: master, starts_at: at(3, '10:00') };
  const booking = (await api.post('/bookings', wish)).body.id;
  const training = await make.training({ trainer: master, at: at(4, '18:00') });
  await api.post(`/real-trainings/${training}/students`, { student_id: parent.id });
  paths = [
    '/',
    `/?service=${service}`,
    '/classes',
    `/classes/${training}`,
    '/enter',
    '/cabinet',
    '/cabinet/money',
    '/cabinet/visits',
    '/cabinet/buy',
    '/cabinet/settings',
    `/cabinet/bookings/${booking}`,
    `/cabinet/bookings/${booking}/move`,
  ];
});
afterAll(() => world?.close());

inBrowser.each(LOCALES.map((locale) => [locale]))(
  'on the site and in the cabinet nothing that is touched is smaller than 44 px, and no text is cut, in %s',
  async (locale) => {
    await world.api.db.query(sql.unsafe`update users set locale = ${locale} where id = ${parent.id}`);
    const page = await world.visit({ token: parent.token, locale, hasTouch: true, viewport: { width: 375, height: 800 } });
    const found: Record<string, string[]> = {};
    for (const path of paths) {
      expect([path, (await page.goto(path))?.status()]).toEqual([path, 200]);
      const small = [...(await smallTargets(page)), ...(await cutTexts(page))];
      if (small.length > 0) found[path] = small;
    }
    expect(found).toEqual({});
  },
);

inBrowser('what is smaller is found: either way, and by its label where it has one', async () => {
  const page = await world.visit({ viewport: { width: 375, height: 800 } });
  await page.setContent(`<style>button, label { display: block; padding: 0; border: 0 }</style>
    <button style="width:44px;height:44px">whole</button><button style="width:43px;height:44px">narrow</button>
    <button style="width:44px;height:30px">low</button><p>a line with <a href="/">a link</a></p>
    <label style="height:44px"><input type="checkbox"> big</label><label style="height:20px"><input type="checkbox"> small</label>`);
  expect((await smallTargets(page)).map((line) => line.replace(/^(\d+x\d+): <(\w+).*/s, '$1 $2'))).toEqual([
    '43x44 button',
    '44x30 button',
    expect.stringMatching(/x20 label$/),
  ]);
});
