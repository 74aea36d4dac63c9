import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { operationOf } from '../../api/http/route.ts';
import { routes } from '../../api/routes/all.ts';
import { type TestApi, testApi } from '../support/front-door.ts';
import { personOf, type TestPerson } from '../support/people.ts';

let api: TestApi;
let owner: TestPerson;
beforeAll(async () => {
  api = await testApi({ settings: { RATE_LIMIT_PER_MINUTE: '100000' } });
  owner = await personOf(api, 'owner');
});
afterAll(() => api.close());

const writes = routes.filter(({ method }) => method !== 'get');
const EXAMPLES: Record<string, string> = { country: 'RU', year: '2026', role: 'trainer', month: '2026-01' };
const named = (path: string) => path.replaceAll(/\{(\w+)\}/g, (_, name: string) => EXAMPLES[name] ?? '1');

test.each(writes.map((route) => [operationOf(route), route] as const))(
  '%s refuses a name in its query that it does not know',
  async (_, { method, path, scope }) => {
    const { ask } = scope === null ? owner : api;
    const reply = await ask(method.toUpperCase(), `${named(path)}?colour=red`);
    expect(reply).toMatchObject({ status: 422, body: { errors: [{ path: 'colour' }] } });
  },
);
