import type { FragmentSqlToken } from 'slonik';
import { type In, sql } from '../database/database.ts';

/** A span of time as a range, from instants; its end is exclusive. */
export const rangeOf = ({ from, to }: { from: In<string>; to: In<string> }) =>
  sql.fragment`tstzrange(${from}::timestamptz, ${to}::timestamptz)`;

/**
 * What somebody has in a span of time, in whatever capacity, absences included: rows of `occupancies`, as a statement. Two looks,
 * each into an index of its own.
 */
export const occupied = (personId: In<number>, range: FragmentSqlToken) => sql.fragment`
  select * from occupancies where person_id = ${personId} and is_exclusive and during && ${range}
  union all
  select * from occupancies where person_id = ${personId} and not is_exclusive and during && ${range}`;
