import { z } from 'zod';
import { type Database, sql } from '../../sql/database/database.ts';

/** The day that is charged, and the evening on which that is done. */
export const EVENING = '2026-11-23';
const PAYERS = 6_600;
/** Trainers have the first numbers, so that the n-th payer is known. */
const TRAINERS = 330;

/**
 * 6,600 people of whom every sixth is paid for by the one before, with two trainings each on one day: some have sessions for
 * both, some for one, some none, and money for all, for some of it or not at all. Several chunks of a night, the same rows in every database.
 */
export async function nightStudio(db: Database) {
  await db.transaction(async (transaction) => {
    for (const statement of statements) await transaction.query(statement);
  });
}

const statements = [
  sql.unsafe`
    insert into users (first_name, last_name)
    select 'Человек ' || n, 'Тестов' from generate_series(1, ${TRAINERS + PAYERS}) n order by n`,
  sql.unsafe`insert into specialists (id) select id from users where id <= ${TRAINERS} order by id`,
  sql.unsafe`
    insert into students (id, payer_id)
    select id, case when id % 6 = 0 then id - 1 else id end from users where id > ${TRAINERS} order by users.id`,
  sql.unsafe`
    insert into training_types (name, max_participants, price_minor, duration_minutes) values ('Йога', 40, 50000, 60)`,
  sql.unsafe`
    insert into real_trainings (training_type_id, trainer_id, training_date, start_time, starts_at, ends_at, max_participants, price_minor)
    select 1, n, date '2026-11-24', clock, date '2026-11-24' + clock, date '2026-11-24' + clock + interval '1 hour', 40,
      case when n % 50 = 0 then 0 else 10000 + n * 100 end
    from generate_series(1, ${TRAINERS}) n, (values (time '08:00'), ('18:00')) as twice (clock) order by n, clock`,
  sql.unsafe`
    insert into real_training_students (real_training_id, student_id)
    select training.id, student.id
    from students student join real_trainings training on training.trainer_id = 1 + student.id % ${TRAINERS}
    order by training.id, student.id`,
  sql.unsafe`
    insert into subscriptions (name, price_minor, number_of_sessions, validity_days) values ('Восемь', 400000, 8, 30)`,
  sql.unsafe`
    insert into student_subscriptions (student_id, subscription_id, start_date, end_date, sessions_left)
    select students.id, 1, date '2026-11-01', date '2026-11-30', case id % 5 when 0 then null else id % 5 - 1 end
    from students where id % 3 < 2 order by students.id`,
  sql.unsafe`
    insert into payments (payer_id, amount_minor) select students.id, 1 + id % 7 * 5000 from students where id % 2 = 0 order by students.id`,
  sql.unsafe`
    insert into wallet_transactions (user_id, amount_minor, kind, payment_id)
    select payer_id, amount_minor, 'deposit', id from payments order by id`,
];

/** What a night needs on its way: before it writes, while sessions are taken, while invoices are written, at its very end. */
export type Stop = 'student' | 'subscription' | 'seat' | 'wallet' | 'training';

/** The statement that holds something of whoever comes first after `share` (0 to 1) of all people. */
export function stopAt(stop: Stop, share: number) {
  const from = TRAINERS + Math.floor(PAYERS * share);
  return {
    student: `select from students where id = (select min(id) from students where id >= ${from}) for no key update`,
    subscription: `select from student_subscriptions where id = (
      select id from student_subscriptions where student_id >= ${from} and sessions_left > 0 order by student_id limit 1) for no key update`,
    seat: `select from real_training_students where id = (
      select id from real_training_students where student_id >= ${from} order by student_id, id limit 1) for no key update`,
    wallet: `select from wallets where user_id = (
      select min(payer_id) from students join wallets on user_id = payer_id where payer_id >= ${from}
        and not exists (select from student_subscriptions held where held.student_id = payer_id)) for no key update`,
    training: 'select from real_trainings where id = (select max(id) from real_trainings) for no key update',
  }[stop];
}

const fingerprints = z.record(z.string(), z.string());

/** What a night leaves behind, table by table, without the numbers that depend on how often something was tried. */
export const nightFingerprint = (db: Database) =>
  db.one(sql.type(fingerprints)`
    with seat as (
      select seat.*, training_date, trainer_id, start_time from real_training_students seat join real_trainings training on training.id = real_training_id
    )
    select
      (select md5(string_agg(concat_ws('|', id, status, processed_at is not null), E'\n' order by id)) from real_trainings) as trainings,
      (select md5(string_agg(concat_ws('|', id, status, charged_at is not null, session_entry_id is not null, invoice_id is not null, returns),
        E'\n' order by id)) from real_training_students) as seats,
      (select md5(string_agg(concat_ws('|', id, sessions_left), E'\n' order by id)) from student_subscriptions) as subscriptions,
      (select md5(string_agg(concat_ws('|', student_subscription_id, real_training_student_id, charge_no, delta, reason), E'\n'
        order by student_subscription_id, real_training_student_id)) from session_entries) as session_entries,
      (select md5(string_agg(concat_ws('|', payer_id, student_id, real_training_student_id, charge_no, type, amount_minor, status), E'\n'
        order by real_training_student_id, charge_no)) from invoices) as invoices,
      (select md5(string_agg(concat_ws('|', payer_id, real_training_student_id), E'\n' order by invoices.payer_id, invoices.created_at, invoices.id))
        from invoices) as order_of_invoices,
      (select md5(string_agg(concat_ws('|', user_id, balance_minor), E'\n' order by user_id) filter (where balance_minor > 0)) from wallets) as wallets,
      (select md5(string_agg(concat_ws('|', user_id, line.amount_minor, kind, real_training_student_id), E'\n'
        order by user_id, real_training_student_id, kind)) from wallet_transactions line left join invoices on invoices.id = invoice_id)
        as wallet_transactions`);
