import { type Database, sql } from '../../sql/database/database.ts';

export const DAY = '2026-11-22';

/**
 * One day's trainings with `registrations` of 4/5 as many students, as many subscriptions as registrations: a third of the students
 * has none, some have several, some unlimited, some used up. One payer for two students; a quarter of the payers has money.
 */
export async function fillMoney(db: Database, registrations: number, day = DAY) {
  const students = (registrations * 4) / 5;
  const trainings = Math.ceil(registrations / 20);
  await db.query(sql.unsafe`truncate users, locations, training_types, subscriptions restart identity cascade`);
  await db.query(
    sql.unsafe`insert into users (first_name) select 'Ученик ' || n from generate_series(1, ${students + trainings}::int) n`,
  );
  await db.query(sql.unsafe`
    insert into students (id, payer_id) select n, n - (n + 1) % 2 from generate_series(1, ${students}::int) n`);
  await db.query(
    sql.unsafe`insert into specialists (id) select ${students}::int + n from generate_series(1, ${trainings}::int) n`,
  );
  await db.query(sql.unsafe`
    insert into training_types (name, max_participants, price_minor, duration_minutes) values ('Йога', 20, 70000, 60)`);
  await db.query(sql.unsafe`
    insert into real_trainings (training_type_id, trainer_id, training_date, start_time, starts_at, ends_at, max_participants, price_minor)
    select 1, ${students}::int + n, ${day}::date + 1, '10:00', (${day}::date + 1) + time '10:00' + n % 600 * interval '1 minute',
      (${day}::date + 1) + time '11:00' + n % 600 * interval '1 minute', 20, 70000
    from generate_series(1, ${trainings}::int) n`);
  // As their triggers would leave them: putting a million into people's calendars is what the bench of generation measures.
  await db.transaction(async (transaction) => {
    await transaction.query(sql.unsafe`set local session_replication_role = replica`);
    await transaction.query(sql.unsafe`
      insert into real_training_students (real_training_id, student_id)
      select distinct on (training, student) training, student
      from (select n / 20 + 1 as training, (n * 7919::bigint % ${students}::int)::int + 1 as student
        from generate_series(0, ${registrations - 1}::int) n) seat`);
  });
  await db.query(sql.unsafe`
    insert into subscriptions (name, price_minor, number_of_sessions, validity_days) values ('8 занятий', 400000, 8, 30)`);
  await db.query(sql.unsafe`
    insert into student_subscriptions (student_id, subscription_id, start_date, end_date, sessions_left)
    select n % ((${students}::int * 2) / 3) + 1, 1, ${day}::date - n % 20, ${day}::date + 1 + n % 20,
      case n % 10 when 0 then null when 1 then 0 else n % 9 end
    from generate_series(0, ${registrations - 1}::int) n`);
  await db.query(sql.unsafe`
    insert into wallets (user_id, balance_minor) select payer_id, 70000 from students where payer_id % 8 = 1 group by payer_id`);
  for (const table of [
    'users',
    'students',
    'real_trainings',
    'real_training_students',
    'student_subscriptions',
    'wallets',
    'session_entries',
  ]) {
    await db.query(sql.unsafe`analyze ${sql.identifier([table])}`);
  }
}

/** Keeps the rows a night wrote aside. */
export async function stageNight(db: Database) {
  await db.query(sql.unsafe`drop table if exists staged_entries, staged_invoices, staged_transactions, staged_seats`);
  await db.query(sql.unsafe`
    create unlogged table staged_entries as select * from session_entries where reason = 'training'`);
  await db.query(sql.unsafe`create unlogged table staged_invoices as select * from invoices`);
  await db.query(
    sql.unsafe`create unlogged table staged_transactions as select * from wallet_transactions where kind = 'payment'`,
  );
  await db.query(sql.unsafe`
    create unlogged table staged_seats as
    select id, charged_at, session_entry_id, invoice_id from real_training_students where charged_at is not null`);
}

/** Undoes a night, ledgers included, so that it can be measured again. */
export async function forgetNight(db: Database) {
  await db.transaction(async (transaction) => {
    await transaction.query(sql.unsafe`set local session_replication_role = replica`);
    await transaction.query(sql.unsafe`
      update student_subscriptions set sessions_left = sessions_left - back.sum
      from (select student_subscription_id, sum(delta) as sum from session_entries where reason = 'training' group by 1) back
      where student_subscription_id = student_subscriptions.id and back.sum <> 0`);
    await transaction.query(sql.unsafe`
      update wallets set balance_minor = balance_minor - back.sum
      from (select user_id, sum(amount_minor) as sum from wallet_transactions where kind = 'payment' group by 1) back
      where back.user_id = wallets.user_id`);
    await transaction.query(sql.unsafe`
      update real_training_students set charged_at = null, session_entry_id = null, invoice_id = null where charged_at is not null`);
    await transaction.query(sql.unsafe`update real_trainings set processed_at = null`);
    await transaction.query(sql.unsafe`delete from wallet_transactions where kind = 'payment'`);
    await transaction.query(sql.unsafe`delete from invoices`);
    await transaction.query(sql.unsafe`delete from session_entries where reason = 'training'`);
  });
  for (const table of [
    'session_entries',
    'invoices',
    'wallet_transactions',
    'real_training_students',
    'student_subscriptions',
    'wallets',
    'real_trainings',
  ]) {
    await db.query(sql.unsafe`vacuum analyze ${sql.identifier([table])}`);
  }
}

/** The floor: the very rows of a night, with the same constraints and triggers, and nothing decided. */
export async function writeNightBare(db: Database) {
  await db.transaction(async (transaction) => {
    await transaction.query(sql.unsafe`
      insert into session_entries (id, student_subscription_id, real_training_student_id, charge_no, delta, reason)
      overriding system value
      select id, student_subscription_id, real_training_student_id, charge_no, delta, reason from staged_entries order by id`);
    await transaction.query(sql.unsafe`
      insert into invoices (id, payer_id, student_id, type, amount_minor, status, real_training_student_id, charge_no, paid_at)
      overriding system value
      select id, payer_id, student_id, type, amount_minor, status, real_training_student_id, charge_no, paid_at
      from staged_invoices order by id`);
    await transaction.query(sql.unsafe`
      insert into wallet_transactions (user_id, amount_minor, kind, invoice_id)
      select user_id, amount_minor, kind, invoice_id from staged_transactions order by id`);
    await transaction.query(sql.unsafe`
      update real_training_students seat set charged_at = now(), session_entry_id = staged.session_entry_id, invoice_id = staged.invoice_id
      from staged_seats staged where staged.id = seat.id`);
    await transaction.query(sql.unsafe`update real_trainings set processed_at = now()`);
  });
}
