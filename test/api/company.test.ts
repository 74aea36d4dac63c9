import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type Json, type TestApi, testApi } from '../support/front-door.ts';

let api: TestApi;
beforeAll(async () => {
  api = await testApi();
});
afterAll(() => api.close());

const put = (body: Json, asking = {}) => api.ask('PUT', '/api/company', { body, ...asking });
const nothing = { phone: null, email: null, website: null, description: null };

test('before it was ever written there is none; then it is what was written last, whole', async () => {
  expect(await api.get('/api/company')).toMatchObject({
    status: 404,
    body: { detail: 'nobody has said yet whose studio this is: PUT /api/company does' },
  });
  const said = {
    name: 'Ласточка',
    phone: '+79001234567',
    email: 'a@studio.example',
    website: 'https://studio.example',
    description: 'Йога',
  };
  expect(await put(said)).toMatchObject({ status: 201, body: said });
  expect((await api.get('/api/company')).body).toEqual(said);
  expect(await put({ name: 'Стриж' })).toMatchObject({ status: 200 });
  expect((await api.get('/api/company')).body).toEqual({ name: 'Стриж', ...nothing });
});

test('values as long as the table allows are accepted', async () => {
  const said = {
    name: 'я'.repeat(200),
    phone: '+1234567',
    website: `https://${'w'.repeat(60)}.example/${'w'.repeat(223)}`,
    description: 'd'.repeat(5_000),
  };
  expect(await put({ ...nothing, ...said })).toMatchObject({ body: said });
});

test.each<[string, Json, string]>([
  ['name', {}, 'text of 1 to 200 characters'],
  ['name', { name: ' ' }, 'text of 1 to 200 characters'],
  ['name', { name: 'я'.repeat(201) }, 'text of 1 to 200 characters'],
  ['phone', { name: 'A', phone: '12345' }, 'a phone number such as +79001234567'],
  ['phone', { name: 'A', phone: '+123456' }, 'a phone number such as +79001234567'],
  ['email', { name: 'A', email: 'a@' }, 'an e-mail address'],
  [
    'website',
    { name: 'A', website: `https://${'w'.repeat(60)}.example/${'w'.repeat(224)}` },
    'an address of at most 300 characters that begins with http:// or https://',
  ],
  ['description', { name: 'A', description: 'd'.repeat(5_001) }, 'text of 1 to 5000 characters'],
  ['id', { name: 'A', id: 2 }, 'no such field; there are: name, phone, email, website, description'],
])('a wrong %s is refused by name, case %#', async (path, body, message) => {
  await put({ name: 'Стриж' });
  expect(await put(body)).toMatchObject({ status: 422, body: { errors: [{ path, message }] } });
  expect((await api.get('/api/company')).body).toEqual({ name: 'Стриж', ...nothing });
});

test.each([
  ['GET', 'records:read'],
  ['PUT', 'records:write'],
])('%s needs %s', async (method, scope) => {
  const other = await api.key(...['records:read', 'records:write', 'money:write'].filter((item) => item !== scope));
  const body = method === 'PUT' ? { name: 'Чужой' } : undefined;
  expect(await api.ask(method, '/api/company', { key: other, body })).toMatchObject({ status: 403 });
  expect((await api.ask(method, '/api/company', { key: await api.key(scope), body })).status).not.toBe(403);
});
