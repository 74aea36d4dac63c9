import { type Database, type Sql, sql } from '../../sql/database/database.ts';

/** Years of history, and students: each comes for a year, about 100 times, 92 of them by twelve subscriptions a month long. */
export const DAYS = 1_826;
const STAY = 365;
const SEATS = 14;
const PART = 12;

/**
 * A studio of `students` over five years until yesterday, made by sets: a hundred registrations and twenty invoices a student, with
 * payments, refunds, sessions that are carried on or expire, unlimited ones that are frozen, bookings, and 60 days ahead.
 * Triggers are left out: rows are as they would leave them. Returns how many rows tables have.
 */
export async function fillYears(db: Database, students: number) {
  const trainers = Math.max(1, Math.round(students / 250));
  /** Who is here on a day: whoever registered within the year before it. */
  const here = Math.floor((students * STAY) / (DAYS + STAY)) - 1;
  await db.query(sql.unsafe`truncate users, locations, training_types, subscriptions, services restart identity cascade`);
  const step = (statement: ReturnType<typeof sql.fragment>) =>
    db.transaction(async (transaction) => {
      await transaction.query(sql.unsafe`set local session_replication_role = replica`);
      await transaction.query(sql.unsafe`set local work_mem = '256MB'`);
      await transaction.query(sql.unsafe`set local statement_timeout = 0`);
      await transaction.query(sql.unsafe`${statement}`);
    });
  const first = sql.fragment`(current_date - ${DAYS}::int)`;

  await step(sql.fragment`
    insert into users (first_name, last_name) select case when n <= ${students}::int then 'Ученик' else 'Тренер' end, n::text
    from generate_series(1, ${students + trainers}::int) n order by n`);
  await step(sql.fragment`
    insert into students (id, payer_id, registration_date)
    select n, n, ${first} - ${STAY}::int + ((n - 1) * ${DAYS + STAY}::bigint / ${students}::int)::int from generate_series(1, ${students}::int) n order by n`);
  await step(sql.fragment`insert into specialists (id) select ${students}::int + n from generate_series(1, ${trainers}::int) n`);
  await step(sql.fragment`
    insert into locations (name, work_schedule)
    values ('Зал', (select jsonb_object_agg(day::text, '[["08:00", "22:00"]]'::jsonb) from generate_series(0, 6) day))`);
  await step(
    sql.fragment`insert into rooms (location_id, name) select 1, 'Зал ' || n from generate_series(1, ${trainers}::int) n`,
  );
  await step(sql.fragment`
    insert into training_types (name, max_participants, price_minor, duration_minutes) values ('Йога', 20, 70000, 60)`);
  await step(sql.fragment`
    insert into services (name, price_minor, duration_minutes) values ('Массаж', 250000, 60)`);
  await step(sql.fragment`
    insert into subscriptions (name, price_minor, number_of_sessions, validity_days)
    values ('12 занятий', 480001, 12, 30), ('Безлимит', 600000, null, 30)`);
  await step(sql.fragment`
    insert into real_trainings (training_type_id, trainer_id, room_id, training_date, start_time, starts_at, ends_at, max_participants, price_minor, status,
      cancelled_at, created_at)
    select 1, ${students}::int + n, n, day, at, (day + at) at time zone 'Europe/Moscow', (day + at + interval '1 hour') at time zone 'Europe/Moscow', 20, 70000,
      case when day >= current_date then 'scheduled' when (d + n) % 33 = 0 then 'cancelled' else 'completed' end,
      case when day < current_date and (d + n) % 33 = 0 then (day - 1 + at) at time zone 'UTC' end, (day - 14)::timestamp at time zone 'UTC'
    from generate_series(0, ${DAYS + 14}::int) d cross join generate_series(1, ${trainers}::int) n
    cross join lateral (select ${first} + d as day, time '09:00' + n % 12 * interval '1 hour' as at) as moment order by d, n`);
  await step(sql.fragment`
    insert into student_subscriptions (student_id, subscription_id, start_date, end_date, sessions_left, status, is_auto_renew, renewed_from_id, anchor_day,
      term_days, created_at)
    select student, case when student % 5 = 0 then 2 else 1 end, start, start + 29, case when student % 5 > 0 then 0 end,
      case when start + 29 < current_date then 'expired' else 'active' end, student % 3 = 0,
      lag(id) over (partition by student order by start), extract(day from start), 30, (start + time '09:00') at time zone 'UTC'
    from (
      select row_number() over (order by start, student) as id, student, start from (
        select students.id as student, registration_date + ${30}::int * n as start from students cross join generate_series(0, ${PART - 1}::int) n) as each
      where start < current_date) as numbered
    order by id`);
  await step(sql.fragment`
    insert into subscription_freezes select id, start_date + 10, start_date + 14 from student_subscriptions where sessions_left is null and id % 11 = 0`);
  await step(sql.fragment`
    insert into real_training_students (real_training_id, student_id, status, attendance_marked_at, excused_at, created_at)
    select training.id, base + 1 + ((training.id - 1) * ${SEATS}::bigint + j) % ${here}::int, case training.status when 'scheduled' then 'REGISTERED'
        when 'cancelled' then 'CANCELLED_SAFE' when 'completed' then case when (training.id + j) % 7 = 0 then 'ABSENT' else 'PRESENT' end end,
      case training.status when 'completed' then ends_at end, case when training.status = 'completed' and (training.id + j) % 70 = 0 then ends_at end,
      training.created_at
    from real_trainings training cross join generate_series(0, ${SEATS - 1}::int) j
    cross join lateral (select ((training_date - ${first}) * ${students}::bigint / ${DAYS + STAY}::int)::int as base) as pool
    order by training.id, j`);
  await db.query(
    sql.unsafe`create unique index if not exists bench_subscriptions on student_subscriptions (student_id, start_date)`,
  );
  await step(sql.fragment`analyze real_trainings, real_training_students, student_subscriptions, students`);
  // A night before its training each place is paid: one in twelve by an invoice, the others by the subscription of that day.
  await step(sql.fragment`
    insert into session_entries (student_subscription_id, real_training_student_id, charge_no, delta, reason, created_at)
    select student_subscription_id, seat, charge_no, delta, reason, created_at from (
      select sub.id as student_subscription_id, seat.id as seat, 0::smallint as charge_no, case when sub.sessions_left is null then 0 else -1 end as delta,
        'training' as reason, (training_date - 1 + time '20:00') at time zone 'UTC' as created_at
      from real_training_students seat join real_trainings training on training.id = real_training_id join students on students.id = student_id
      join student_subscriptions sub on sub.student_id = seat.student_id
        and sub.start_date = registration_date + (training_date - registration_date) / 30 * 30
      where seat.id % ${PART}::int > 0 and training.status = 'completed' and excused_at is null
      union all
      select id, null, null, 12, 'granted', created_at from student_subscriptions where sessions_left is not null
    ) as entry order by created_at, seat nulls first`);
  await step(sql.fragment`analyze session_entries`);
  await step(sql.fragment`
    insert into session_entries (student_subscription_id, delta, reason, created_at)
    select sub_id, delta, reason, (day + time '22:00') at time zone 'UTC' from (
      select sub.id, heir.id as heir, sub.end_date as day, greatest(0, 12 + taken) as rest,
        case when sub.student_id % 7 = 0 and heir.id is not null then least(2, greatest(0, 12 + taken)) else 0 end as carried
      from (select student_subscription_id, sum(delta) filter (where reason = 'training') as taken from session_entries group by 1) as entry
      join student_subscriptions sub on sub.id = student_subscription_id left join student_subscriptions heir on heir.renewed_from_id = sub.id
      where sub.status = 'expired' and sub.sessions_left is not null) as ended
    cross join lateral (values (id, -carried, 'carried_out'), (heir, carried, 'carried_in'), (id, carried - rest, 'expired')) as part (sub_id, delta, reason)
    where delta <> 0 order by day`);
  await step(sql.fragment`
    insert into invoices (payer_id, student_id, type, amount_minor, status, real_training_student_id, charge_no, student_subscription_id, due_date, created_at,
      paid_at, cancelled_at)
    select student, student, type, amount, status, seat, charge_no, sub, (at at time zone 'UTC')::date, at, case status when 'PAID' then at end,
      case status when 'CANCELLED' then at + interval '2 days' end
    from (
      select student_id as student, 'TRAINING' as type, 70000 as amount, case when seat.id % 151 = 0 then 'UNPAID' when seat.id % 53 = 0 then 'CANCELLED' else 'PAID' end as status,
        seat.id as seat, 0::smallint as charge_no, null::int as sub, (training_date - 1 + time '20:00') at time zone 'UTC' as at
      from real_training_students seat join real_trainings training on training.id = real_training_id
      where seat.id % ${PART}::int = 0 and training.status = 'completed' and excused_at is null
      union all
      select student_id, 'SUBSCRIPTION', case when sessions_left is null then 600000 else 480001 end, case when id % 157 = 0 then 'UNPAID' else 'PAID' end,
        null, null, id, created_at from student_subscriptions where created_at >= ${first}
    ) as bill order by at, seat nulls first`);
  await step(sql.fragment`
    insert into payments (payer_id, amount_minor, method, created_at)
    select payer_id, amount_minor, (array['cash', 'card', 'transfer', 'online'])[id % 4 + 1], created_at - interval '1 hour' from invoices
    where status = 'PAID' order by created_at, id`);
  await step(sql.fragment`
    insert into wallet_transactions (user_id, amount_minor, kind, payment_id, invoice_id, created_at)
    select payer_id, amount, kind, payment, invoice, at from (
      select payer_id, amount_minor as amount, 'deposit' as kind, id as payment, null::int as invoice, created_at as at from payments
      union all
      select payer_id, -amount_minor, 'payment', null, id, created_at from invoices where status = 'PAID'
    ) as moved order by at, payment nulls last`);
  await step(sql.fragment`
    insert into payment_refunds (payment_id, payer_id, amount_minor, method, reason, created_by, created_at)
    select id, payer_id, 1000, 'cash', 'передумал', 'bench', created_at + interval '3 days' from payments where id % 200 = 0 order by id`);
  await step(sql.fragment`
    insert into bookings (client_id, payer_id, specialist_id, service_id, location_id, room_id, starts_at, ends_at, busy_until, duration_minutes,
      service_price_minor, price_minor, status, created_at, confirmed_at, cancelled_at)
    select (d * ${trainers}::int + n) % ${students}::int + 1, (d * ${trainers}::int + n) % ${students}::int + 1, ${students}::int + n, 1, 1, n, at, at + interval '1 hour',
      at + interval '1 hour', 60, 250000, 250000, case when (d + n) % 17 = 0 then 'CANCELLED' when day >= current_date then 'CONFIRMED'
        when (d + n) % 13 = 0 then 'NO_SHOW' else 'COMPLETED' end,
      at - interval '3 days', at - interval '3 days', case when (d + n) % 17 = 0 then at - interval '1 day' end
    from generate_series(0, ${DAYS + 45}::int) d cross join generate_series(1, ${trainers}::int) n
    cross join lateral (select ${first} + d as day, (${first} + d + time '06:00') at time zone 'Europe/Moscow' as at) as moment
    where (d + n) % 4 = 0 order by d, n`);
  await step(sql.fragment`
    insert into invoices (payer_id, type, amount_minor, status, booking_id, due_date, created_at, paid_at)
    select payer_id, 'BOOKING', 250000, 'PAID', id, (starts_at at time zone 'UTC')::date, created_at, created_at from bookings
    where status in ('COMPLETED', 'CONFIRMED') and created_at < now() order by id`);
  await db.query(sql.unsafe`drop index bench_subscriptions`);
  await vacuum(db);
  return countRows(db);
}

const TABLES = [
  'students',
  'real_trainings',
  'real_training_students',
  'student_subscriptions',
  'session_entries',
  'invoices',
  'payments',
  'payment_refunds',
  'wallet_transactions',
  'bookings',
] as const;

async function vacuum(db: Database) {
  for (const table of [...TABLES, 'users', 'subscription_freezes'])
    await db.query(sql.unsafe`vacuum analyze ${sql.identifier([table])}`);
}

async function countRows(db: Sql) {
  const counts: Record<string, number> = {};
  for (const table of TABLES)
    counts[table] = Number(await db.oneFirst(sql.unsafe`select count(*)::int from ${sql.identifier([table])}`));
  return counts;
}
