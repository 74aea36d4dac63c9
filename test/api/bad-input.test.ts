import { expect, test } from '@jest/globals';
import { z } from 'zod';
import { badInput } from '../../api/http/bad-input.ts';

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
