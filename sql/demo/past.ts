import { type Sql, sql } from '../database/database.ts';
import { toMinor } from '../finance/currency.ts';
import { insertAwards } from './belts.ts';
import { daysAfter, weekAfter } from './days.ts';

const WEEKS = 8;

type Past = {
  today: string;
  zone: string;
  /** What began before was held, and who came is marked once it is over. */
  now: Date;
  /** Who took the money. */
  cashierId: number;
  currency: string;
};

/**
 * Writes the last eight weeks of the demo studio, as its nights would have left them: trainings that were held, who came, the sessions
 * and invoices that paid for it, payments, and some who owe. Everything has the time at which it would have happened, so reports have
 * something to say on the first day. Needs the templates, their links and the subscriptions, each with all its sessions.
 * @param left how many sessions are to be left of subscriptions whose story says so, by id
 */
export async function insertPast(transaction: Sql, past: Past, left: ReadonlyMap<number, number>): Promise<void> {
  await insertTrainings(transaction, past);
  await insertRegistrations(transaction, past);
  await takeSessions(transaction);
  await endSessions(transaction, past, left);
  await writeInvoices(transaction, past);
  await receivePayments(transaction, past);
  await insertRates(transaction, past);
  await insertAwards(transaction, past.today);
}

/** Another group that begins earlier on the same weekday and still goes on when the group begins; of a trainer, or of a student. */
const isTaken = (who: ReturnType<typeof sql.fragment>) => sql.fragment`exists (
  select from training_templates earlier join training_types length on length.id = earlier.training_type_id
  where earlier.day_number = template.day_number and earlier.start_time < template.start_time
    and earlier.start_time + make_interval(mins => length.duration_minutes) > template.start_time and ${who})`;

/** The trainings that began in whole weeks until now; the planted conflict was never held. */
const insertTrainings = (transaction: Sql, { today, zone, now }: Past) =>
  transaction.query(sql.unsafe`
    insert into real_trainings (training_template_id, template_date, training_type_id, trainer_id, room_id, training_date, start_time,
      starts_at, ends_at, max_participants, price_minor, status, created_at, processed_at, completed_at)
    select template.id, day, type.id, trainer_id, room_id, day, start_time, held.starts_at,
      held.ends_at, max_participants, price_minor, case when held.ends_at <= ${now.toISOString()}::timestamptz then 'completed' else 'scheduled' end,
      (date_trunc('week', day)::date - 1 + time '21:00') at time zone ${zone}, (day - 1 + time '23:00') at time zone ${zone},
      case when held.ends_at <= ${now.toISOString()}::timestamptz then held.ends_at end
    from (select generate_series(${daysAfter(weekAfter(today).monday, -7 * (WEEKS + 1))}::date, ${today}::date, '1 day')::date) as days (day)
    join training_templates template on day_number = extract(isodow from day)
    join training_types type on type.id = template.training_type_id
    cross join lateral (
      select begins as starts_at, begins + make_interval(mins => duration_minutes) as ends_at
      from (select (day + start_time) at time zone ${zone} as begins) as start
    ) as held
    where held.starts_at <= ${now.toISOString()}::timestamptz and not ${isTaken(sql.fragment`earlier.trainer_id = template.trainer_id`)}
    order by held.starts_at, template.id`);

/** Everybody linked to a group then came to it, but for one in nine; no more than it has places. */
const insertRegistrations = (transaction: Sql, { zone }: Past) =>
  transaction.query(sql.unsafe`
    with wanted as (
      select training.*, link.student_id, row_number() over (partition by training.id order by link.id) as place
      from real_trainings training
      join training_templates template on template.id = training.training_template_id
      join training_student_templates link on link.training_template_id = template.id
        and link.start_date <= training_date and not link.is_frozen
      where not exists (
          select from student_subscriptions held where held.student_id = link.student_id
            and training_date between held.freeze_start_date and held.freeze_end_date)
        and not ${isTaken(sql.fragment`exists (
          select from training_student_templates too where too.training_template_id = earlier.id and too.student_id = link.student_id)`)}
    )
    insert into real_training_students (real_training_id, student_id, status, attendance_marked_at, marked_by, created_at, charged_at)
    select id, student_id,
      case when status = 'scheduled' then 'REGISTERED' when (student_id * 7 + id * 5) % 9 = 0 then 'ABSENT' else 'PRESENT' end,
      case when status = 'completed' then ends_at end, case when status = 'completed' then 'person' end, created_at, (training_date - 1 + time '23:00') at time zone ${zone}
    from wanted where place <= max_participants
    order by starts_at, id, place`);

/** Sessions of whoever held a subscription on the day, the first ones first (D13, D14). */
const takeSessions = (transaction: Sql) =>
  transaction.query(sql.unsafe`
    with covered as (
      select seat.id as seat_id, greatest(seat.charged_at, held.created_at) as at, held.id as held_id, sessions_left,
        row_number() over (partition by held.id order by starts_at) as visit
      from real_training_students seat
      join real_trainings training on training.id = real_training_id
      join student_subscriptions held on held.student_id = seat.student_id and training_date between held.start_date and held.end_date
    ), entered as (
      insert into session_entries (student_subscription_id, real_training_student_id, charge_no, delta, reason, created_at)
      select held_id, seat_id, 0, case when sessions_left is null then 0 else -1 end, 'training', at
      from covered where sessions_left is null or visit <= sessions_left order by at, seat_id
      returning id, real_training_student_id
    )
    update real_training_students seat set session_entry_id = entered.id from entered where seat.id = real_training_student_id`);

/** What is left of the ended ones expired with them (D27); some have been to more trainings than the books of the fleet go back to. */
const endSessions = (transaction: Sql, { zone }: Past, left: ReadonlyMap<number, number>) =>
  transaction.query(sql.unsafe`
    insert into session_entries (student_subscription_id, delta, reason, created_at)
    select held.id, told.sessions - sessions_left, case status when 'expired' then 'expired' else 'adjustment' end,
      case status when 'expired' then (end_date + 1 + time '00:30') at time zone ${zone} else held.created_at end
    from ${sql.unnest([...left], ['int4', 'int4'])} as told (id, sessions) join student_subscriptions held using (id)
    where sessions_left > told.sessions order by held.id`);

/** An invoice for each subscription sold, and for each visit that no session pays for. */
const writeInvoices = (transaction: Sql, { zone }: Past) =>
  transaction.query(sql.unsafe`
    with sold as (
      select payer_id, student_id, 'SUBSCRIPTION' as type, price_minor, null::int as seat_id, held.id as held_id,
        (held.start_date + time '10:00') at time zone ${zone} as at
      from student_subscriptions held join students on students.id = student_id join subscriptions on subscriptions.id = subscription_id
      union all
      select payer_id, student_id, 'TRAINING', price_minor, seat.id, null, charged_at
      from real_training_students seat join real_trainings training on training.id = real_training_id
      join students on students.id = student_id
      where session_entry_id is null and price_minor > 0
    ), written as (
      insert into invoices (payer_id, student_id, type, amount_minor, real_training_student_id, charge_no, student_subscription_id, created_at)
      select payer_id, student_id, type, price_minor, seat_id, case when seat_id is not null then 0 end, held_id, at
      from sold order by at, seat_id, held_id
      returning id, real_training_student_id
    )
    update real_training_students seat set invoice_id = written.id from written where seat.id = real_training_student_id`);

/**
 * Subscriptions are paid when they are sold, visits before they begin. One payer in nine has not paid for visits of the last two weeks;
 * one in four left money for the next ones the day before yesterday.
 */
const receivePayments = (transaction: Sql, { today, zone, cashierId, currency }: Past) =>
  transaction.query(sql.unsafe`
    with due as materialized (
      select invoices.id, payer_id, amount_minor,
        case type when 'TRAINING' then training.starts_at - interval '10 minutes' else invoices.created_at + interval '5 minutes' end as at
      from invoices
      left join real_training_students seat on seat.id = real_training_student_id
      left join real_trainings training on training.id = real_training_id
      where type = 'SUBSCRIPTION' or payer_id % 9 <> 4 or training_date < ${daysAfter(today, -14)}::date
    ), received as (
      select payer_id, at, sum(amount_minor)::int8 as amount_minor from due group by payer_id, at
      union all
      select distinct payer_id, (${daysAfter(today, -2)}::date + time '12:00') at time zone ${zone}, ${toMinor(5_000, currency)}::int8 from due
      where payer_id % 9 <> 4 and payer_id % 4 = 1
    ), paid as (
      insert into payments (payer_id, amount_minor, method, created_by, person_id, created_at)
      select payer_id, amount_minor, (array['card', 'cash', 'transfer', 'card'])[1 + (payer_id + extract(day from at)::int) % 4],
        'demo', ${cashierId}, at
      from received order by at, payer_id, amount_minor
      returning id, payer_id, amount_minor, created_at
    ), settled as (
      update invoices set status = 'PAID', paid_at = due.at from due where due.id = invoices.id
    )
    insert into wallet_transactions (user_id, amount_minor, kind, payment_id, invoice_id, created_at)
    select payer_id, amount_minor, kind, payment_id, invoice_id, at
    from (
      select payer_id, amount_minor, 'deposit' as kind, id as payment_id, null::int as invoice_id, created_at as at from paid
      union all
      select payer_id, -amount_minor, 'payment', null, id, at from due
    ) as entry order by at, kind, payer_id, invoice_id`);

/** What the trainers get: so much a training, and a fifth of what those who came paid. */
const insertRates = (transaction: Sql, { today, currency }: Past) =>
  transaction.query(sql.unsafe`
    insert into pay_rates (trainer_id, valid_from, training_minor, percent_bp, created_by)
    select id, ${daysAfter(today, -400)}::date, ${toMinor(800, currency)}::int8, 2000, 'demo' from specialists order by id`);
