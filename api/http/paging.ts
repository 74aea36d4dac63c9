import { z } from 'zod';
import { unacceptable } from './problems.ts';

/** The query of every list: how many, and after what. */
export const pageQuery = {
  limit: wholeText(200, 'a whole number from 1 to 200').default(50),
  cursor: z.string().max(200).optional().meta({ description: 'next_cursor of the page before' }),
};

/** The body of every list. */
export const pageOf = <T extends z.ZodType>(item: T) => z.object({ items: z.array(item), next_cursor: z.string().nullable() });

/** Characters of JSON that a page holds at most, if it has more than one row; `next_cursor` leads to the rest. */
const MOST_JSON = 500_000;

/** A page of rows: ask the database for one more than `limit`, and it is known whether another page follows. */
export function page<T>(rows: readonly T[], limit: number, keyOf: (last: T) => unknown) {
  const items = fitting(rows.slice(0, limit));
  const last = items.at(-1);
  const next_cursor = rows.length > items.length && last ? Buffer.from(JSON.stringify(keyOf(last))).toString('base64url') : null;
  return { items, next_cursor };
}

function fitting<T>(rows: readonly T[]): T[] {
  let length = 0;
  const end = rows.findIndex((row, n) => {
    length += JSON.stringify(row).length;
    return n > 0 && length > MOST_JSON;
  });
  return rows.slice(0, end < 0 ? rows.length : end);
}

/** What a cursor holds. Throws a 422 for one that no list gave out. */
export function readCursor<T extends z.ZodType>(cursor: string | undefined, key: T): z.output<T> | undefined {
  if (cursor === undefined) return undefined;
  try {
    return key.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString()));
  } catch {
    throw unacceptable('cursor', 'a next_cursor of this list', 'query');
  }
}

/** An id in a path. */
export const idParams = z.object({ id: wholeText(2_147_483_647, 'a whole number, 1 or more') });

/** The id of the last row of a page, as a cursor holds it. */
export const idCursor = z.int().min(0).max(2_147_483_647);

/** An instant in the last row of a page, as a cursor holds it. PostgreSQL knows no year 0. */
export const instantCursor = z.iso.datetime().refine((instant) => !instant.startsWith('0000'));

/** A day in the last row of a page, likewise. */
export const dayCursor = z.iso.date().refine((day) => !day.startsWith('0000'));

/** A query whose second day or instant is not before its first. Days are compared as days, instants as instants. */
export const inOrder = <T extends z.ZodObject>(query: T, first: keyof z.output<T> & string, last: keyof z.output<T> & string) =>
  query.refine((given) => !isBefore(given[last], given[first]), { path: [last], error: `${first} or later` });

const isBefore = (earlier: unknown, other: unknown) => Date.parse(String(earlier)) < Date.parse(String(other));

/** A number from `least` to `most` as a path or a query writes it: digits only. */
export function wholeText(most: number, error: string, least = 1) {
  return z
    .string({ error })
    .refine((digits) => /^\d{1,16}$/.test(digits) && Number(digits) >= least && Number(digits) <= most, { error })
    .transform(Number)
    .meta({ override: { type: 'integer', minimum: least, maximum: most } });
}
