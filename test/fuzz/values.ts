import type { Json } from '../support/front-door.ts';

/** Numbers from 0 to 1 that a seed decides (mulberry32). */
export function random(seed: number) {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (most: number) => Math.floor(next() * most);
  return { next, below, one: <T>(all: readonly T[]): T => all[below(all.length)] as T, chance: (part: number) => next() < part };
}
export type Random = ReturnType<typeof random>;

const DATES = [
  '2026-02-30',
  '0000-01-01',
  '0001-01-01',
  '1582-10-10',
  '1899-12-31',
  '1900-01-01',
  '1999-12-31',
  '2000-01-01',
  '2026-03-29',
  '2026-10-25',
  '2028-02-29',
  '2100-12-31',
  '2101-01-01',
  '9990-06-01',
  '9999-12-30',
  '9999-12-31',
  '10000-01-01',
  '-0001-01-01',
  '+275760-09-13',
  '20261123',
  '2026-11-23T00:00:00Z',
  '2026-11-23T25:00:00Z',
  '0000-12-31T23:59:59Z',
  '9999-12-31T23:59:59.999999Z',
  '9999-12-31T23:59:59-23:59',
  '0001-01-01T00:00:00+23:59',
  '2026-11-23T10:00:00+99:99',
  'infinity',
  'today',
];
const TEXTS = [
  '',
  ' ',
  '\0',
  'a\0b',
  '\ud800',
  '\udc00\ud800',
  '\u202eevil',
  '\u200b',
  '\u001b[31m',
  '👩‍👩‍👧'.repeat(50),
  'x'.repeat(501),
  'x'.repeat(5_001),
  "' or 1=1 --",
  '%s%n',
  '../../etc/passwd',
  '<script>alert(1)</script>',
  'javascript:alert(1)',
  '__proto__',
  'constructor',
  'null',
  'Straße',
  '+79001234567',
  '+7',
  'é'.normalize('NFD'),
];
const NUMBERS = [
  0, -0, -1, 1, 0.5, 1e-9, 95, 96, 2_147_483_647, 2_147_483_648, -2_147_483_649, 9_007_199_254_740_991, 9_007_199_254_740_992,
  1e21, 1.797e308,
];
const ODD = [null, true, false, [], {}, [[]], [null], { '': 1 }, { __proto__: 1 }];

/** A value that somebody who wants to break something would try. */
export function aimed(chance: Random): Json {
  const kind = chance.below(6);
  if (kind === 0) return chance.one(DATES);
  if (kind === 1) return chance.one(TEXTS);
  if (kind === 2) return chance.one(NUMBERS);
  if (kind === 3) return chance.one(ODD);
  if (kind === 4) return nested(chance.one([2, 31, 32, 33, 500]));
  return chance.chance(0.5)
    ? Array.from({ length: chance.one([1, 101, 3_000]) }, () => chance.one<Json>([1, 'x', null, '2026-11-23']))
    : Object.fromEntries(Array.from({ length: chance.one([1, 200]) }, (_, n) => [`f${n}`, n]));
}

const nested = (depth: number): Json => (depth === 0 ? 1 : depth % 2 ? [nested(depth - 1)] : { a: nested(depth - 1) });

/** A value that a schema accepts, as far as it says what that is. */
export function fitting(schema: Json, document: Json, chance: Random): Json {
  if (!schema) return 'x';
  if (schema.$ref)
    return fitting(
      schema.$ref
        .split('/')
        .slice(1)
        .reduce((node: Json, name: string) => node[name], document),
      document,
      chance,
    );
  if (schema.examples?.length && chance.chance(0.5)) return chance.one(schema.examples);
  if (schema.const !== undefined) return schema.const;
  if (schema.enum) return chance.one(schema.enum);
  const choice = schema.anyOf ?? schema.oneOf ?? schema.allOf;
  if (choice) return fitting(chance.one(choice), document, chance);
  const type = Array.isArray(schema.type) ? chance.one(schema.type) : schema.type;
  if (type === 'integer' || type === 'number') return number(schema, chance);
  if (type === 'boolean') return chance.chance(0.5);
  if (type === 'array') {
    const items = schema.items ?? schema.prefixItems?.[0];
    const length = schema.prefixItems?.length ?? Math.max(schema.minItems ?? 0, chance.below(3));
    return Array.from({ length }, () => fitting(items, document, chance));
  }
  if (type === 'object') {
    const required: string[] = schema.required ?? [];
    const given = Object.entries<Json>(schema.properties ?? {}).filter(([name]) => required.includes(name) || chance.chance(0.5));
    return Object.fromEntries(given.map(([name, schema]) => [name, fitting(schema, document, chance)]));
  }
  return type === 'null' ? null : text(schema, chance);
}

const number = ({ minimum = 0, maximum = 2_147_483_647 }: Json, chance: Random) =>
  chance.one([minimum, Math.min(maximum, minimum + 1), Math.min(maximum, 1 + chance.below(40)), maximum]);

const NEAR = ['2026-11-23', '2026-11-30', '2026-12-01', '2027-01-01'];
function text({ format, pattern, minLength = 1, maxLength = 20 }: Json, chance: Random): string {
  if (format === 'date') return chance.one([...NEAR, ...DATES]);
  if (format === 'date-time') return `${chance.one(NEAR)}T${String(chance.below(24)).padStart(2, '0')}:00:00+03:00`;
  if (format === 'email') return `a${chance.below(1_000)}@example.com`;
  if (pattern?.includes(':[0-5]')) return chance.one(['09:00', '18:30', '23:59']);
  if (pattern?.includes('\\+')) return `+7900${1_000_000 + chance.below(1_000_000)}`;
  return `t${chance.below(100_000)}`.padEnd(minLength, 'x').slice(0, maxLength);
}
