import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { routes } from '../../api/routes/all.ts';
import { declarations } from '../../api/routes/record-declarations.ts';
import { type Json, type TestApi, testApi } from '../support/front-door.ts';
import { swaggerExample } from '../support/swagger-example.ts';

let api: TestApi;
let document: Json;
beforeAll(async () => {
  api = await testApi();
  document = (await api.get('/openapi.json')).body;
});
afterAll(() => api.close());

/** Every object in the document, with the way to it. */
function* walk(node: Json, path: string[] = []): Generator<[string[], Json]> {
  if (typeof node !== 'object' || node === null) return;
  yield [path, node];
  for (const [name, child] of Object.entries(node)) yield* walk(child, [...path, name]);
}

test('it is OpenAPI 3.1 with a title and a key', () => {
  expect(document).toMatchObject({
    openapi: '3.1.0',
    info: { title: 'Studio Fleet', version: expect.any(String), description: expect.stringMatching(/press Authorize first/) },
    security: [{ key: [] }],
  });
  expect(document.components.securitySchemes.key).toEqual({ type: 'apiKey', in: 'header', name: 'X-API-Key' });
});

test('names of components are ones the standard allows', () => {
  for (const name of Object.keys(document.components.schemas)) expect(name).toMatch(/^[A-Za-z0-9._-]+$/);
});

test('every reference leads somewhere', () => {
  const references = [...walk(document)].flatMap(([, node]) => (typeof node.$ref === 'string' ? [node.$ref as string] : []));
  expect(references.length).toBeGreaterThan(10);
  for (const reference of references) {
    const target = reference
      .replace(/^#\//, '')
      .split('/')
      .reduce((node: Json, name) => node?.[name], document);
    expect({ reference, found: target !== undefined }).toEqual({ reference, found: true });
  }
});

test('every route is there, and no other', () => {
  const operations = Object.entries<Json>(document.paths).flatMap(([path, item]) =>
    Object.keys(item).map((method) => `${method} ${path}`),
  );
  const declared = routes.map(({ method, path }) => `${method} ${path}`);
  expect(operations.sort()).toEqual([...declared, 'get /health/live', 'get /health/ready', 'get /live', 'get /metrics'].sort());
});

describe.each(routes.map((route) => [route.method, route.path, route] as const))('%s %s', (method, path, route) => {
  test('says what it takes and what it answers', () => {
    const operation = document.paths[path][method];
    // The page shows a summary as it is written, a description as Markdown.
    expect(operation.summary).toMatch(/^[^`]+$/);
    const scopes = [route.scope ?? []].flat().map((scope) => `\`${scope}\``);
    const [permission] = operation.description.split(' Roles beside');
    expect(permission).toBe(scopes.length > 0 ? `Scope: ${scopes.join(' or ')}.` : 'For people, not for keys.');
    const answers = Object.keys(operation.responses);
    expect(answers).toEqual(expect.arrayContaining([...Object.keys(route.responses), '401', '403', '422', '429', '503']));
    for (const status of answers) {
      const { description, content } = operation.responses[status];
      expect(description).toBeTruthy();
      const types =
        status === '204'
          ? undefined
          : [Number(status) < 400 ? (route.produces ?? 'application/json') : 'application/problem+json'];
      expect(content && Object.keys(content)).toEqual(types);
    }
    const inPath = (operation.parameters ?? []).filter((item: Json) => item.in === 'path');
    expect(inPath.map((field: Json) => field.name)).toEqual([...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name));
    for (const field of inPath) expect(field.required).toBe(true);
    const named = (operation.parameters ?? []).map((item: Json) => `${item.in} ${item.name}`);
    expect(new Set(named).size).toBe(named.length);
    expect(Boolean(operation.requestBody)).toBe(Boolean(route.body ?? route.file));
    if (route.file) expect(Object.keys(operation.requestBody.content)).toEqual(route.file);
    if (route.body) expect(operation.requestBody.content['application/json'].schema.additionalProperties).toBe(false);
  });
});

const withBody = routes.flatMap((route) => (route.body ? [[route.method, route.path, route.body] as const] : []));
/** The body that the page's form holds before anybody has written in it. */
const formOf = (method: string, path: string) =>
  swaggerExample(document.paths[path][method].requestBody.content['application/json'].schema, document);

test.each(withBody)('the form of %s %s is filled with what the route would take', (method, path, body) => {
  expect(body.safeParse(formOf(method, path))).toMatchObject({ success: true });
});

test.each(declarations.map((declared) => [declared.path, declared] as const))('and with a record of %s', (path, { rule }) => {
  for (const form of [formOf('post', path), formOf('patch', `${path}/{id}`)]) expect(rule?.(form) ?? null).toBeNull();
});

test('a filter is not filled in: most would find nothing', () => {
  for (const [path, node] of walk(document)) {
    if (node.in === 'query') expect({ path, example: node.example ?? node.schema.example }).toEqual({ path, example: undefined });
  }
});

test('every amount in minor units says so, in bodies and in answers', () => {
  const amounts = [...walk(document)].filter(([path]) => path.at(-2) === 'properties' && path.at(-1)?.endsWith('_minor'));
  expect(amounts.length).toBeGreaterThan(20);
  for (const [path, { description }] of amounts)
    expect({ path, description }).toEqual({ path, description: expect.stringMatching(/minor units/) });
});

test.each(withBody)('the ids of people in the body of %s %s say whose they are', (method, path) => {
  const { properties } = document.paths[path][method].requestBody.content['application/json'].schema;
  for (const [field, { description }] of Object.entries<Json>(properties)) {
    if (/^(payer|client|student|trainer|specialist)_id$/.test(field)) expect(description).toMatch(/^the id of /);
  }
});

test('a day of the week says which is the first', () => {
  const { schema } = document.paths['/api/training-templates'].post.requestBody.content['application/json'];
  expect(schema.properties.day_number.description).toBe('1 is Monday, 7 Sunday');
});
