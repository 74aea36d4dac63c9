import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { scopesOf } from '../../api/http/route.ts';
import { routes } from '../../api/routes/all.ts';
import type { Json, Reply } from '../support/front-door.ts';
import { part } from '../support/nightly-only.ts';
import { allBut, BALANCE, OWN, rightsWorld } from '../support/rights-world.ts';
import { swaggerExample } from '../support/swagger-example.ts';

let world: Awaited<ReturnType<typeof rightsWorld>>;
let document: Json;
beforeAll(async () => {
  world = await rightsWorld();
  document = (await world.api.get('/openapi.json')).body;
});
afterAll(() => world.close());

const keys = new Map<string, Promise<string>>();
/** A key with these scopes, the same one each time. */
function keyOf(wanted: readonly string[]) {
  const name = wanted.join(' ');
  if (!keys.has(name)) keys.set(name, world.api.key(...wanted));
  return keys.get(name) as Promise<string>;
}

/** What somebody who wants more than is theirs would write into a field, wherever it is found. */
const wishes = (): Record<string, unknown[]> => ({
  payer_id: [world.parent],
  student_id: [world.child],
  client_id: [world.child, world.grownUp],
  service_id: [world.service],
  specialist_id: [world.specialist],
  pay_from: ['wallet', 'later'],
  by: ['studio', 'client'],
  telegram_id: [4_242],
  phone: ['+79995554433'],
  email: ['thief@example.com'],
  is_active: [false],
});

/** Bodies for a route: as its form is, with each wish in it, and each wish alone. */
function bodiesOf(method: string, path: string): (object | undefined)[] {
  const schema = document.paths[path][method].requestBody?.content['application/json']?.schema;
  if (!schema) return [undefined];
  const form = swaggerExample(schema, document);
  const known = Object.entries(wishes()).filter(([field]) => field in schema.properties);
  const full = { ...form, ...Object.fromEntries(known.map(([field, [first]]) => [field, first])) };
  return [
    form,
    full,
    ...known.flatMap(([field, values]) => values.flatMap((value) => [{ ...full, [field]: value }, { [field]: value }])),
  ];
}

/**
 * Every request to every route, with the ids of this world in its path; by day two of the ids, in turns, and a few of the bodies with
 * each. Streams never end and are left out.
 */
function* requests(): Generator<[method: string, path: string, body: object | undefined]> {
  let turn = 0;
  for (const { method, path, produces } of routes.filter((route) => !route.produces)) {
    if (produces) continue;
    const ids = path.includes('{') ? [world.parent, world.grownUp, world.child, world.admin, world.begun] : [0];
    for (const id of part([...new Set(ids)], 2, turn)) {
      turn += 1;
      for (const body of part(bodiesOf(method, path), 4, turn))
        yield [method.toUpperCase(), path.replaceAll(/\{\w+\}/g, String(id)), body];
    }
  }
}

/** Sends everything with all scopes but some; the answers, and what has changed. */
async function sweep(...missing: string[]) {
  const before = await world.state();
  const replies: (Reply & { asked: string })[] = [];
  let key = '';
  let count = 0;
  for (const [method, path, body] of requests()) {
    // Each key may ask so often a minute.
    if (count % 400 === 0) key = await world.api.key(...allBut(...missing));
    count += 1;
    replies.push({ ...(await world.api.ask(method, path, { key, body })), asked: `${method} ${path} ${JSON.stringify(body)}` });
  }
  expect(replies.filter(({ status }) => status < 300).length).toBeGreaterThan(50);
  expect(replies.filter(({ status }) => status >= 500)).toEqual([]);
  return { before, after: await world.state(), replies };
}

/** What needs a second scope beside its own: it shows what that one is for. */
const ALSO: Readonly<Record<string, string[]>> = {
  'GET /api/people/{id}/card': ['records:read'],
  'GET /api/people/{id}/timeline': ['records:read'],
  'GET /api/people/{id}/data': ['money:read'],
  'POST /api/people/{id}/erase': ['money:write'],
  'POST /api/people/{id}/data-requests/{request_id}/file': ['money:read'],
};

const byScope = routes.filter((route) => route.scope !== null);
test.each(byScope.map((route) => [route.method.toUpperCase(), route.path, scopesOf(route)] as const))(
  '%s %s is closed to every other scope, and opens with its own',
  async (method, path, own) => {
    const at = path.replaceAll(/\{\w+\}/g, '2147483647');
    const closed = await world.api.ask(method, at, { key: await keyOf(allBut(...own)) });
    expect(closed).toMatchObject({
      status: 403,
      body: { detail: expect.stringContaining(`lacks the scope ${own.map((scope) => `"${scope}"`).join(' or ')}`) },
    });
    const also = ALSO[`${method} ${path}`] ?? [];
    for (const scope of also)
      expect(await world.api.ask(method, at, { key: await keyOf(allBut(scope)) })).toMatchObject({ status: 403 });
    for (const scope of own) {
      const opened = await world.api.ask(method, at, { key: await keyOf([scope, ...also]) });
      expect(opened.body?.detail ?? '').not.toContain('lacks the scope');
    }
  },
);

test('without the scopes of money no route, and no row of them, spends a wallet that is another payer’s, names a payer, or shows a balance', async () => {
  const { before, after, replies } = await sweep('money:write', 'money:read');
  const balanceOf = (state: typeof before, user: number) =>
    (state.wallets as [number, number][]).find(([id]) => id === user)?.[1];
  expect(balanceOf(after, world.parent)).toBe(balanceOf(before, world.parent));
  expect(after.payers).toEqual(before.payers);
  const shown = replies.filter(
    ({ text }) => text.includes('balance_minor') || text.includes(String(BALANCE)) || text.includes(String(OWN)),
  );
  expect(shown.map(({ asked }) => asked)).toEqual([]);
});

test('without the scope of rights no route, and no row of them, changes who commands or how they are recognised', async () => {
  const { before, after } = await sweep('rights:write');
  expect({ admins: after.admins, links: after.links, roles: after.roles, commanders: after.commanders }).toEqual({
    admins: before.admins,
    links: before.links,
    roles: before.roles,
    commanders: before.commanders,
  });
});
