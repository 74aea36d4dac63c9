import type { FragmentSqlToken } from 'slonik';
import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';
import { type AskedRows, entryRow, isAsked } from './asked.ts';
import { dayOfInstant, isNear, periodsOf, type ReportSpan } from './periods.ts';

const summed = z.object({ first: z.iso.date(), last: z.iso.date(), figure: z.string(), value: z.int() });

type Entries = (span: ReportSpan) => FragmentSqlToken;

/** Received money (R21): gross on the day reports count it on, refunds and what was cancelled on their own days. */
const received: Entries = ({ from, to, zone }) => sql.fragment`
  select coalesce(payment_date, ${dayOfInstant('created_at', zone)}) as day, figure, 'payment' as source, id as source_id, payer_id as person_id,
    amount_minor as value
  from payments cross join lateral (values ('gross_minor'), ('gross_' || method || '_minor')) as under (figure)
  where id in (select id from payments where ${isNear('created_at', from, to)} union select id from payments where payment_date between ${from}::date and ${to}::date)
  union all
  select ${dayOfInstant('created_at', zone)}, figure, 'refund', id, payer_id, amount_minor
  from payment_refunds cross join lateral (values ('refunded_minor'), ('refunded_' || method || '_minor')) as under (figure)
  where ${isNear('created_at', from, to)}
  union all
  select ${dayOfInstant('cancelled_at', zone)}, figure, 'cancelled payment', id, payer_id, rest
  from payments cross join lateral (
    select amount_minor - coalesce((select sum(amount_minor) from payment_refunds where payment_id = payments.id), 0)::int8 as rest) as left_over
  cross join lateral (values ('cancelled_minor'), ('cancelled_' || method || '_minor')) as under (figure)
  where ${isNear('cancelled_at', from, to)}`;

/** Who came to trainings that were held, by training date (R24); an excused absence is none. */
const attendance: Entries = () => sql.fragment`
  select training_date as day, case seat.status when 'PRESENT' then 'present' else 'absent' end as figure, 'registration' as source,
    seat.id as source_id, student_id as person_id, 1::int8 as value
  from real_training_students seat join real_trainings training on training.id = real_training_id
  where training.status <> 'cancelled' and (seat.status = 'PRESENT' or (seat.status = 'ABSENT' and excused_at is null))
  union all
  select training_date, case status when 'completed' then 'trainings_held' else 'trainings_cancelled' end, 'training', id, trainer_id, 1
  from real_trainings where status in ('completed', 'cancelled')`;

/** What trainers gave: trainings that were held and bookings that were closed, in minutes and heads; of a substitute what they gave (R14). */
const trainers: Entries = ({ from, to, zone }) => sql.fragment`
  select training_date as day, figure, 'training' as source, training.id as source_id, trainer_id as person_id, value::int8
  from real_trainings training cross join lateral (values
    ('trainings', 1::int8), ('minutes', (extract(epoch from ends_at - starts_at) / 60)::int8),
    ('heads', (select count(*) from real_training_students seat where seat.real_training_id = training.id and seat.status = 'PRESENT')),
    ('substituted', (regular_trainer_id is not null)::int::int8)) as under (figure, value)
  where training.status = 'completed' and value > 0
  union all
  select ${dayOfInstant('starts_at', zone)}, figure, 'booking', id, specialist_id, value::int8
  from bookings cross join lateral (values ('bookings', 1::int8), ('minutes', duration_minutes::int8)) as under (figure, value)
  where status = 'COMPLETED' and ${isNear('starts_at', from, to)}`;

/** How rooms are used: minutes of trainings and bookings that were not cancelled, by room. */
const rooms: Entries = ({ from, to, zone }) => sql.fragment`
  select training_date as day, 'used_minutes' as figure, 'training' as source, id as source_id, room_id as person_id,
    (extract(epoch from ends_at - starts_at) / 60)::int8 as value
  from real_trainings where status <> 'cancelled' and room_id is not null
  union all
  select ${dayOfInstant('starts_at', zone)}, 'used_minutes', 'booking', id, room_id, duration_minutes::int8
  from bookings where is_live and room_id is not null and ${isNear('starts_at', from, to)}`;

const newcomers: Entries = () => sql.fragment`
  select registration_date as day, 'new' as figure, 'student' as source, id as source_id, id as person_id, 1::int8 as value from students
  where not exists (select from users where users.id = students.id and merged_into is not null)`;

const kinds = { received, attendance, trainers, rooms, newcomers } satisfies Record<string, Entries>;
export type EntryKind = keyof typeof kinds;

/** Sums of entries by period and figure. The parts are the whole: every sum is over the rows that {@link listEntries} shows. */
export const sumEntries = (db: Sql, kind: EntryKind, span: ReportSpan) =>
  db.any(sql.type(summed)`
    with period as materialized (${periodsOf(span)}), entry as (${kinds[kind](span)}), daily as materialized (
      select day, figure, sum(value) as value from entry where day between ${span.from}::date and ${span.to}::date group by day, figure
    )
    select first, last, figure, sum(value)::int8 as value
    from period join daily on day between first and last group by first, last, figure order by first, figure`);

const personal = summed.extend({ person_id: z.int(), person: z.string() });

/** The same by period and person, or room, too. */
export const sumEntriesByPerson = (db: Sql, kind: 'trainers' | 'rooms', span: ReportSpan) =>
  db.any(sql.type(personal)`
    with period as materialized (${periodsOf(span)}), entry as (${kinds[kind](span)}), daily as materialized (
      select day, figure, person_id, sum(value) as value from entry where day between ${span.from}::date and ${span.to}::date
      group by day, figure, person_id
    )
    select first, last, figure, person_id, ${
      kind === 'rooms'
        ? sql.fragment`(select name from rooms where id = person_id)`
        : sql.fragment`(select concat_ws(' ', first_name, nullif(last_name, '')) from users where id = person_id)`
    } as person, sum(value)::int8 as value
    from period join daily on day between first and last group by first, last, person_id, figure order by first, person, person_id, figure`);

/** The rows behind the sums, by day. */
export const listEntries = (db: Sql, kind: EntryKind, span: ReportSpan, asked: AskedRows) =>
  db.any(sql.type(entryRow)`
    with entry as (${kinds[kind](span)})
    select day, figure, source, source_id, person_id, value from entry
    where day between ${span.from}::date and ${span.to}::date and ${isAsked(asked)}
    order by day, source, source_id, figure limit ${asked.limit}`);
