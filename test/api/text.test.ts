import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { NO_CONTROL, SOMETHING_VISIBLE, webAddress, whyNoText } from '../../api/http/text.ts';
import { routes } from '../../api/routes/all.ts';
import { type Json, type TestApi, testApi } from '../support/front-door.ts';
import { swaggerExample } from '../support/swagger-example.ts';

const invisible: [string, string][] = [
  ['zero-width spaces', '\u200b\u200b'],
  ['joiners', '\u200d\u200c'],
  ['a byte order mark and a word joiner', '\ufeff\u2060'],
  ['marks of direction', '\u200e\u200f\u061c'],
  ['a soft hyphen', '\u00ad'],
  ['a Hangul filler', '\u3164\u115f'],
  ['a Braille blank', '\u2800'],
  ['a mark without a letter', '\u0301'],
  ['tags', '\u{e0041}\u{e0042}'],
  ['blanks around something invisible', ' \u200b '],
];
const forbidden: [string, string][] = [
  ['ESC', 'Anna\u001b[31m'],
  ['NUL', 'Anna\0'],
  ['a bell', 'Anna\u0007'],
  ['DEL', 'Anna\u007f'],
  ['a control character of the upper half', 'Anna\u009b31m'],
  ['an override of direction', 'Anna\u202eavonavI'],
  ['an isolate', '\u2066Anna\u2069'],
  ['half a character', 'Anna\ud83d'],
  ['a line separator', 'Anna\u2028Ivanova'],
];
const fine = ['Anna', "O'Neill", 'Анна-Мария', '李', 'محمد', '👩‍👩‍👧', 'نمی‌خواهم', 'Zoë', 'Zoe\u0308', '!', '7', '€'];

test.each(invisible)('%s say nothing', (_, given) => {
  expect(whyNoText(given)).toBe(SOMETHING_VISIBLE);
});
test.each(forbidden)('%s is refused', (_, given) => {
  expect(whyNoText(given)).toBe(NO_CONTROL);
  expect(whyNoText(given, true)).toBe(NO_CONTROL);
});
test.each(fine)('%s is text', (given) => {
  expect(whyNoText(given)).toBeNull();
});
test('a name has one line, a paragraph may have more', () => {
  for (const given of ['one\ntwo', 'one\r\ntwo', 'one\ttwo']) {
    expect(whyNoText(given)).toBe(NO_CONTROL);
    expect(whyNoText(given, true)).toBeNull();
  }
});

const addresses: [string, boolean][] = [
  ['https://example.com', true],
  ['http://example.com:8080/путь?a=b#c', true],
  ['HTTPS://example.com', true],
  ['javascript:alert(1)', false],
  ['JaVaScRiPt:alert(1)', false],
  ['java\nscript:alert(1)', false],
  [' javascript:alert(1)', false],
  ['data:text/html,<script>', false],
  ['vbscript:x', false],
  ['file:///etc/passwd', false],
  ['ftp://example.com', false],
  ['example.com', false],
  ['//example.com', false],
  ['https:example.com', false],
  ['https://', false],
  ['https:///example.com', false],
  ['https://a b.example', false],
  ['https://example.com/\u202egpj', false],
  ['https://user:secret@example.com', false],
  [`https://example.com/${'x'.repeat(300)}`, false],
];
test.each(addresses)('%j as a website: %s', (given, isFine) => {
  expect(webAddress.safeParse(given).success).toBe(isFine);
});

describe('every field of every route that takes text', () => {
  let api: TestApi;
  let document: Json;
  beforeAll(async () => {
    api = await testApi();
    document = (await api.get('/openapi.json')).body;
  });
  afterAll(() => api.close());

  /** Fields that take any text: a word that stands nowhere is accepted. */
  const fields = routes.flatMap((route) =>
    Object.entries(route.body?.shape ?? {})
      .filter(([, schema]) => (schema as Json).safeParse('xyzzy plugh').success)
      .map(([field, schema]) => [route.method, route.path, field, schema as Json] as const),
  );

  test('there are many', () => {
    expect(fields.length).toBeGreaterThan(40);
  });

  test.each(fields)('%s %s: %s refuses what cannot be read', (_method, _path, _field, schema) => {
    for (const [, given] of [...invisible, ...forbidden]) expect(schema.safeParse(given).success).toBe(false);
  });

  test('the refusal names the field and says what is accepted', async () => {
    const form = swaggerExample(document.paths['/api/students'].post.requestBody.content['application/json'].schema, document);
    const { status, body } = await api.post('/api/students', { ...form, first_name: '\u200b', last_name: 'a\u001bb' });
    expect(status).toBe(422);
    expect(body.errors).toEqual([
      { path: 'first_name', message: SOMETHING_VISIBLE },
      { path: 'last_name', message: NO_CONTROL },
    ]);
  });
});
