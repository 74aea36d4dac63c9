import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';
import { DAY_MS } from '../database/instants.ts';
import { type AskedRows, entryRow, isAsked } from './asked.ts';

/**
 * Students who are active or frozen on studio days (R23): active is who has a valid subscription that is not frozen, or was PRESENT on the
 * day or within the 30 before; frozen is who is not active and has one that is frozen.
 */
const states = (days: readonly string[]) => sql.fragment`
  select day, student_id, bool_or(is_active) as is_active, not bool_or(is_active) as is_frozen
  from (
    select asked.day, held.student_id, not exists (
      select from subscription_freezes frozen
      where frozen.student_subscription_id = held.id and asked.day between first_day and last_day) as is_active
    from unnest(${sql.array([...days], 'date')}) as asked (day)
    join student_subscriptions held on asked.day between start_date and last_valid_day(held)
    where end_date >= ${[...days].sort()[0] ?? null}::date and start_date <= ${[...days].sort().at(-1) ?? null}::date
    union all
    select asked.day, student_id, true
    from unnest(${sql.array([...days], 'date')}) as asked (day)
    join real_trainings training on training_date between asked.day - 30 and asked.day and training.status <> 'cancelled'
    join real_training_students seat on seat.real_training_id = training.id and seat.status = 'PRESENT'
  ) as one_way_or_another
  group by day, student_id`;

/** Who they are, of one period: the rows behind the figures of {@link countStudents}. */
export const listStates = (db: Sql, { first, last }: { first: string; last: string }, asked: AskedRows) =>
  db.any(sql.type(entryRow)`
    with state as materialized (${states([dayBefore(first), last])}), entry as (
      select day, 'active_at_start' as figure, student_id as person_id from state where day = ${first}::date - 1 and is_active
      union all
      select day, case when is_active then 'active' else 'frozen' end, student_id from state where day = ${last}::date
      union all
      select ${last}::date, 'churned', student_id from state before where before.day = ${first}::date - 1 and before.is_active
        and not exists (select from state after where after.day = ${last}::date and after.student_id = before.student_id)
    )
    select day, figure, 'student' as source, person_id as source_id, person_id, 1::int8 as value from entry
    where ${isAsked(asked)} order by day, figure, person_id limit ${asked.limit}`);

const counted = z.object({
  first: z.iso.date(),
  last: z.iso.date(),
  active_at_start: z.int(),
  active: z.int(),
  frozen: z.int(),
  churned: z.int(),
});

/**
 * For periods, by their first and last days: who was active on the last day before, and on the last day; who is frozen then; and who has
 * left: active on the day before the first, neither active nor frozen on the last (R23).
 */
export const countStudents = (db: Sql, periods: readonly { first: string; last: string }[]) =>
  db.any(sql.type(counted)`
    with period as materialized (
      select first, last from ${sql.unnest(
        periods.map(({ first, last }) => [first, last]),
        ['date', 'date'],
      )} as given (first, last)
    ), state as materialized (${states([...new Set(periods.flatMap(({ first, last }) => [dayBefore(first), last]))])})
    select first, last,
      (select count(*) from state where day = first - 1 and is_active)::int as active_at_start,
      (select count(*) from state where day = last and is_active)::int as active,
      (select count(*) from state where day = last and is_frozen)::int as frozen,
      (select count(*) from state before where before.day = first - 1 and before.is_active
        and not exists (select from state after where after.day = last and after.student_id = before.student_id))::int as churned
    from period order by first`);

const dayBefore = (day: string) => new Date(Date.parse(day) - DAY_MS).toISOString().slice(0, 10);

const cohort = z.object({ cohort: z.iso.date(), months: z.int(), students: z.int(), active: z.int() });

type Cohorts = { from: string; to: string; today: string };

/** Who registered (`joined`), on which days each cohort is looked at (`looked`), and who is active then (`active`). */
const cohorts = (of: Cohorts) => sql.fragment`
  joined as materialized (
    select id, date_trunc('month', registration_date)::date as cohort from students
    where registration_date between ${of.from}::date and ${of.to}::date
      and not exists (select from users where users.id = students.id and merged_into is not null)
  ), looked as materialized (
    select cohort, months, (cohort + make_interval(months => months + 1))::date - 1 as day
    from (select distinct cohort from joined) as cohorts, generate_series(1, 12) as months
    where (cohort + make_interval(months => months + 1))::date - 1 <= ${of.today}::date
  ), came as materialized (
    -- Whoever came is active for 30 days more: at the end of that month, of the next one, or both.
    select distinct joined.id, joined.cohort, month_end as day
    from joined join real_training_students seat on seat.student_id = joined.id and seat.status = 'PRESENT'
    join real_trainings training on training.id = seat.real_training_id and training.status <> 'cancelled'
    cross join lateral (values (0), (1)) as ahead (months)
    cross join lateral (select (date_trunc('month', training_date) + make_interval(months => ahead.months + 1))::date - 1 as month_end) as reached
    where month_end <= training_date + 30
  ), active as materialized (
    select joined.cohort, months, joined.id
    from joined join student_subscriptions held on held.student_id = joined.id
    join looked on looked.cohort = joined.cohort and looked.day between start_date and last_valid_day(held)
    where not exists (select from subscription_freezes frozen
      where frozen.student_subscription_id = held.id and looked.day between first_day and last_day)
    union
    select came.cohort, months, came.id from came join looked on looked.cohort = came.cohort and looked.day = came.day
  )`;

/**
 * Cohorts by the month of registration: how many of each are active 1 to 12 months later, on the last day of that month, as far as it has
 * come (R23). `cohort` is the month's first day.
 */
export const cohortsOf = (db: Sql, of: Cohorts) =>
  db.any(sql.type(cohort)`
    with ${cohorts(of)}
    select cohort, months, students, coalesce(active, 0)::int as active
    from looked join (select cohort, count(*)::int as students from joined group by cohort) as size using (cohort)
    left join (select cohort, months, count(*)::int as active from active group by cohort, months) as counted using (cohort, months)
    order by cohort, months`);

/** Everybody of the cohorts on each day they are looked at: 1 who is active, else 0. The rows behind those shares, which are their mean. */
export const listCohorts = (db: Sql, of: Cohorts, asked: AskedRows) =>
  db.any(sql.type(entryRow)`
    with ${cohorts(of)}, entry as (
      select looked.day, 'month_' || months as figure, id as person_id, coalesce(is_active, 0)::int8 as value
      from looked join joined using (cohort) left join (select *, 1 as is_active from active) as stayed using (cohort, months, id)
    )
    select day, figure, 'student' as source, person_id as source_id, person_id, value from entry
    where ${isAsked(asked)} order by day, figure, person_id limit ${asked.limit}`);
