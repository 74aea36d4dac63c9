import { afterAll, beforeAll, expect, test } from '@jest/globals';
import pg from 'pg';
import { at } from '../bookings/salon.ts';
import { type TestApi, testApi } from '../support/front-door.ts';
import { personOf } from '../support/people.ts';
import { formsOf, smallSite } from './salon-site.ts';

let api: TestApi;
let shop: Awaited<ReturnType<typeof smallSite>>;
beforeAll(async () => {
  const limits = { statementMs: 30_000, lockMs: 500, connectMs: 30_000 };
  api = await testApi({ settings: { RATE_LIMIT_PER_MINUTE: '100000' }, limits });
  shop = await smallSite(api);
});
afterAll(() => api.close());

test('a form whose booking is locked elsewhere is told to come again, and nothing is done', async () => {
  const person = await personOf(api, 'client');
  const wish = { client_id: person.id, service_id: shop.service, starts_at: at(3, '10:00') };
  const { id } = (await api.post('/bookings', wish)).body;
  const { get, post, tokenOf } = formsOf(api, { Cookie: person.cookie });
  const page = await get(`/cabinet/bookings/${id}`);
  const cancel = () => post(`/cabinet/bookings/${id}/cancel`, { form: tokenOf(page), outcome: 'safe' });
  const elsewhere = new pg.Client({ connectionString: api.database.url });
  await elsewhere.connect();
  try {
    await elsewhere.query('begin');
    await elsewhere.query(`select from bookings where id = ${id} for update`);
    const refused = await cancel();
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '5']);
    expect(refused.text).toContain('Please try again in a moment');
  } finally {
    await elsewhere.end();
  }
  expect((await api.get(`/bookings/${id}`)).body.status).toBe('CONFIRMED');
  expect((await cancel()).status).toBe(303);
});

test.each([
  ['of too many fields', Object.fromEntries(Array.from({ length: 51 }, (_, n) => [`field-${n}`, 'x']))],
  ['that is too large', { first_name: 'x'.repeat(30_000) }],
])('a form %s is refused as such', async (_what, fields: Record<string, string>) => {
  const { get, post, tokenOf } = formsOf(api);
  const refused = await post('/hold', { form: tokenOf(await get('/')), ...fields });
  expect([refused.status, refused.text.includes('That is not possible as things stand')]).toEqual([413, true]);
});

test.each([
  ['GET', '/hold', 'POST'],
  ['GET', '/enter/code', 'POST'],
  ['DELETE', '/classes', 'GET'],
  ['PUT', '/preview/en.png', 'GET'],
  ['PUT', '/book/token/weekly', 'GET, POST'],
  ['PUT', '/cabinet/bookings/1/move', 'GET, POST'],
])('%s %s is none of its methods, and the page says which are', async (method, path, allowed) => {
  const answer = await fetch(api.url + path, { method, headers: { Accept: 'text/html', 'Accept-Language': 'en' } });
  expect([answer.status, answer.headers.get('allow')]).toEqual([405, allowed]);
  expect(await answer.text()).toContain('There is nothing here');
});
