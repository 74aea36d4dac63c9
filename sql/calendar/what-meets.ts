import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';

/** Who wants to be where, as what. What a training or booking of theirs occupies itself is not in their way. */
export type Newcomer = {
  capacity: 'trainer' | 'student' | 'specialist' | 'client';
  personId: number;
  trainingId?: number;
  bookingId?: number;
};
/** Instants; the end is exclusive. */
type Span = { starts_at: string; ends_at: string };

/** What is in somebody's way, in words; `is_held`: a booking that is still being paid, and may fail. */
const met = z.object({ words: z.string(), is_held: z.boolean() });

/** The first thing a person has in a span of time, in whatever capacity, an absence included; null when there is none. */
export const whatMeets = (db: Sql, who: Newcomer, { starts_at, ends_at }: Span) =>
  db.maybeOne(sql.type(met)`
    select words, is_held from what_meets(${who.capacity}, ${who.personId}::int, null, tstzrange(${starts_at}::timestamptz, ${ends_at}::timestamptz),
      ${who.trainingId ?? null}::int, ${who.bookingId ?? null}::int)`);
