import type { FragmentSqlToken } from 'slonik';
import { z } from 'zod';
import { occupied } from '../calendar/occupied.ts';
import { type Sql, sql } from '../database/database.ts';
import { databaseIdentity } from './database-identity.ts';

const overrides = z.record(z.string(), z.unknown()).nullable();
const spans = z.array(z.tuple([z.number(), z.number()])).nullable();

/** Everything the grids of a specialist are made of. */
const inputRow = z.object({
  specialist_id: z.int(),
  /** Which book was read. */
  book: z.string(),
  /** How much the snapshot has seen: of two readings of a database the one with the higher version knows all that the other one knows. */
  version: z.int(),
  /** JSON as text, so that a schedule shared by many is read once. */
  schedule: z.string(),
  location_schedule: z.string().nullable(),
  overrides,
  location_overrides: overrides,
  /** Whatever the specialist does, in whatever capacity; bookings with their breaks. In seconds since 1970. */
  taken: spans,
  absent: spans,
});
export type SlotInput = z.output<typeof inputRow>;

/** Whose calendar is read, and for when: business days, and the instants from the first one's begin to the last one's end. */
type SlotQuestion = { specialistId: number; fromDay: string; toDay: string; from: string; to: string };

/** A snapshot with a later xmax has seen more; with the same one, the fewer transactions it saw at work the more. */
const seen = sql.fragment`
  select (pg_snapshot_xmax(taken)::text::bigint << 14) - (select count(*) from pg_snapshot_xip(taken)) as version, ${databaseIdentity} as book
  from pg_current_snapshot() as taken`;

const seconds = (instant: FragmentSqlToken) => sql.fragment`date_part('epoch', ${instant})`;
const pairs = (from: FragmentSqlToken, to: FragmentSqlToken) =>
  sql.fragment`to_json(array_agg(array[${seconds(from)}, ${seconds(to)}]))`;

/**
 * Reads what the grids of specialists depend on: one statement, so one snapshot. Whoever does not exist is not answered.
 * Spans of time come in no particular order.
 */
export const readSlotInputs = (db: Sql, questions: readonly SlotQuestion[]) =>
  db.any(sql.type(inputRow)`
    with seen as materialized (${seen})
    select specialist.id as specialist_id, book, version, specialist.work_schedule::text as schedule,
      location.work_schedule::text as location_schedule,
      (select json_object_agg(day, intervals) from day_closings
        where specialist_id = specialist.id and day between from_day and to_day) as overrides,
      (select json_object_agg(day, intervals) from day_closings
        where location_id = specialist.location_id and day between from_day and to_day) as location_overrides,
      (select ${pairs(sql.fragment`lower(during)`, sql.fragment`upper(during)`)}
        from (${occupied(sql.fragment`specialist.id`, sql.fragment`tstzrange(asked.from_at, asked.to_at)`)}) as busy
        where capacity <> 'absence') as taken,
      (select ${pairs(sql.fragment`greatest(lower(during), asked.from_at)`, sql.fragment`least(upper(during), asked.to_at)`)}
        from occupancies
        where person_id = specialist.id and not is_exclusive and during && tstzrange(asked.from_at, asked.to_at)
          and capacity = 'absence') as absent
    from seen, ${sql.unnest(
      questions.map(({ specialistId, fromDay, toDay, from, to }) => [specialistId, fromDay, toDay, from, to]),
      ['int4', 'date', 'date', 'timestamptz', 'timestamptz'],
    )} as asked (id, from_day, to_day, from_at, to_at)
    join specialists specialist on specialist.id = asked.id
    left join locations location on location.id = specialist.location_id`);
