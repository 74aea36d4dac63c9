import { expect, test } from '@jest/globals';
import { z } from 'zod';
import { badInput } from '../../api/http/bad-input.ts';
import { routes } from '../../api/routes/all.ts';

const many = (count: number) => Array.from({ length: count }, (_, n) => `f${n + 1}`);
const objectOf = (count: number) => z.strictObject(Object.fromEntries(many(count).map((name) => [name, z.int().optional()])));
const first20 = many(20).join(', ');

test.each<[string, z.ZodObject, object, string]>([
  ['20 names', objectOf(20), { x: 1 }, `no such field; there are: ${first20}`],
  ['21 names', objectOf(21), { x: 1 }, `no such field; there are: ${first20} and 1 more, see /docs`],
  ['behind what may be null', z.object({ in: objectOf(1).nullable() }), { in: { x: 1 } }, 'no such field; there are: f1'],
  ['behind a default', z.object({ in: objectOf(1).default({}) }), { in: { x: 1 } }, 'no such field; there are: f1'],
  ['in a record', z.object({ in: z.record(z.string(), objectOf(1)) }), { in: { a: { x: 1 } } }, 'no such field; there are: f1'],
  ['behind what hides them', z.object({ in: z.tuple([objectOf(1)]) }), { in: [{ x: 1 }] }, 'no such field'],
])('an unknown field: %s', (_what, schema, given, message) => {
  const { error } = schema.safeParse(given);
  expect(error && badInput('body', schema, given, error).extra.errors?.map((item) => item.message)).toEqual([message]);
});

test.each(routes.flatMap(({ method, path, body }) => (body ? [[`${method.toUpperCase()} ${path}`, body] as const] : [])))(
  '%s says of each field that is missing or no such thing what is accepted, in words of its own',
  (_, schema) => {
    const shape = schema instanceof z.ZodObject ? Object.keys(schema.shape) : [];
    for (const given of [{}, Object.fromEntries(shape.map((name) => [name, 0.5])), null]) {
      const { error } = schema.safeParse(given);
      const faults = error ? (badInput('body', schema, given, error).extra.errors ?? []) : [];
      expect(faults.filter(({ message }) => /^Invalid |expected|received/.test(message))).toEqual([]);
    }
  },
);
