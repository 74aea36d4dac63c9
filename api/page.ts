import { z } from 'zod';
import { Problem } from './problems.ts';

/** The query of every list: how many, and after what. */
export const pageQuery = {
  limit: z.coerce
    .number({ error: 'a whole number from 1 to 200' })
    .int({ error: 'a whole number from 1 to 200' })
    .min(1, { error: 'a whole number from 1 to 200' })
    .max(200, { error: 'a whole number from 1 to 200' })
    .default(50),
  cursor: z.string().max(200).optional().meta({ description: 'next_cursor of the page before' }),
};

/** The body of every list. */
export const pageOf = <T extends z.ZodType>(item: T) => z.object({ items: z.array(item), next_cursor: z.string().nullable() });

/** A page of rows: ask the database for one more than `limit`, and it is known whether another page follows. */
export function page<T>(rows: readonly T[], limit: number, keyOf: (last: T) => unknown) {
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  const next_cursor = rows.length > limit && last ? Buffer.from(JSON.stringify(keyOf(last))).toString('base64url') : null;
  return { items, next_cursor };
}

/** What a cursor holds. Throws a 422 for one that no list gave out. */
export function readCursor<T extends z.ZodType>(cursor: string | undefined, key: T): z.output<T> | undefined {
  if (cursor === undefined) return undefined;
  try {
    return key.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString()));
  } catch {
    throw new Problem(422, 'the query is not acceptable', {
      errors: [{ path: 'cursor', message: 'a next_cursor of this list' }],
    });
  }
}

const WHOLE = 'a whole number, 1 or more';

/** An id in a path. */
export const idParams = z.object({
  id: z.coerce.number({ error: WHOLE }).int({ error: WHOLE }).min(1, { error: WHOLE }).max(2_147_483_647, { error: WHOLE }),
});

export const DAY = 'a date that exists, YYYY-MM-DD';
export const day = z.iso.date({ error: DAY });
