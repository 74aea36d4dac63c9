import { sql } from '../database/database.ts';

export const STEPS = ['day', 'week', 'month'] as const;
/** Business days, both inclusive, and how they are put together; a week begins on Monday. */
export type ReportSpan = { from: string; to: string; by: (typeof STEPS)[number]; zone: string };

/** The periods of a span as rows `first`, `last`: the first and last one are cut where the span begins and ends. */
export const periodsOf = ({ from, to, by }: ReportSpan) => sql.fragment`
  select greatest(start::date, ${from}::date) as first, least((start + step)::date - 1, ${to}::date) as last
  from (select ('1 ' || ${by}::text)::interval as step) as given,
    generate_series(date_trunc(${by}::text, ${from}::date::timestamp), ${to}::date::timestamp, step) as start`;

/** The studio day of an instant. */
export const dayOfInstant = (column: string, zone: string) =>
  sql.fragment`(${sql.identifier(column.split('.'))} at time zone ${zone}::text)::date`;

/** Whether an instant may lie on studio days, both inclusive: by an index, with some days too much at both ends, whatever the zone. */
export const isNear = (column: string, first: string, last: string) => sql.fragment`(
  ${sql.identifier(column.split('.'))} >= ${first}::date::timestamp at time zone 'UTC' - interval '1 day'
  and ${sql.identifier(column.split('.'))} < ${last}::date::timestamp at time zone 'UTC' + interval '2 days')`;
