import { type Database, sql } from '../../sql/database/database.ts';

export const DAY = '2026-11-22';
const WRITTEN = [
  'student_subscriptions',
  'session_entries',
  'invoices',
  'wallets',
  'wallet_transactions',
  'notifications',
] as const;

/**
 * `renewals` subscriptions that end on one day and renew themselves, among four times as many that do not end or do not renew. One payer
 * for two students; a quarter of the payers has money; a third of the subscriptions is used up, the others carry 1 to 3 sessions over.
 */
export async function fillRenewals(db: Database, renewals: number) {
  await db.query(sql.unsafe`truncate users, subscriptions, automated_process_history restart identity cascade`);
  await db.query(sql.unsafe`insert into users (first_name) select 'Ученик ' || n from generate_series(1, ${renewals}::int) n`);
  await db.query(sql.unsafe`
    insert into students (id, payer_id) select n, n - (n + 1) % 2 from generate_series(1, ${renewals}::int) n`);
  await db.query(sql.unsafe`
    insert into subscriptions (name, price_minor, number_of_sessions, validity_days) values ('8 занятий', 400000, 8, 30)`);
  await db.query(sql.unsafe`
    insert into student_subscriptions (student_id, subscription_id, start_date, end_date, sessions_left, is_auto_renew, status)
    select n % ${renewals}::int + 1, 1, ${DAY}::date - 400 + n / ${renewals}::int * 60, ${DAY}::date - 371 + n / ${renewals}::int * 60, 0, n % 2 = 0,
      'expired' from generate_series(0, ${renewals * 4 - 1}::int) n`);
  await db.query(sql.unsafe`
    insert into student_subscriptions (student_id, subscription_id, start_date, end_date, sessions_left, is_auto_renew)
    select n, 1, ${DAY}::date - 29, ${DAY}::date, n % 6 * (n % 3)::bool::int, true from generate_series(1, ${renewals}::int) n`);
  await db.query(sql.unsafe`
    insert into wallets (user_id, balance_minor) select payer_id, 400000 from students where payer_id % 8 = 1 group by payer_id`);
  await db.query(sql.unsafe`vacuum analyze users, students`);
  await analyze(db);
  await keepAside(db, 'before');
}

const analyze = async (db: Database) => {
  for (const table of WRITTEN) await db.query(sql.unsafe`vacuum analyze ${sql.identifier([table])}`);
};

/** Keeps the rows as they are aside, under a name. */
export async function keepAside(db: Database, name: string) {
  for (const table of WRITTEN) {
    await db.query(sql.unsafe`drop table if exists ${sql.identifier([`${name}_${table}`])}`);
    await db.query(
      sql.unsafe`create unlogged table ${sql.identifier([`${name}_${table}`])} as select * from ${sql.identifier([table])}`,
    );
  }
}

/** Puts the rows back as they were before the night, so that it can be measured again. */
export async function forgetNight(db: Database) {
  await db.transaction(async (transaction) => {
    await transaction.query(sql.unsafe`set local session_replication_role = replica`);
    await transaction.query(sql.unsafe`
      truncate student_subscriptions, session_entries, invoices, wallets, wallet_transactions, notifications cascade`);
    for (const table of WRITTEN) {
      await transaction.query(sql.unsafe`
        insert into ${sql.identifier([table])} overriding system value select * from ${sql.identifier([`before_${table}`])}`);
    }
  });
  await analyze(db);
}

/** The floor: the very rows of a night, with the same constraints and triggers, and nothing decided. */
export async function writeNightBare(db: Database) {
  await db.transaction(async (transaction) => {
    await transaction.query(sql.unsafe`
      insert into wallets (user_id) select user_id from after_wallets where user_id not in (select user_id from before_wallets) order by user_id`);
    await transaction.query(sql.unsafe`
      insert into student_subscriptions
        (id, student_id, subscription_id, start_date, end_date, sessions_left, transferred_sessions, is_auto_renew, renewed_from_id)
      overriding system value
      select id, student_id, subscription_id, start_date, end_date, 8, transferred_sessions, is_auto_renew, renewed_from_id
      from after_student_subscriptions where renewed_from_id is not null order by id`);
    await transaction.query(sql.unsafe`
      insert into session_entries (student_subscription_id, delta, reason)
      select student_subscription_id, delta, reason from after_session_entries where reason in ('carried_in', 'carried_out') order by id`);
    await transaction.query(sql.unsafe`
      insert into invoices (id, payer_id, student_id, type, amount_minor, status, student_subscription_id, is_auto_renewal, due_date, paid_at)
      overriding system value
      select id, payer_id, student_id, type, amount_minor, status, student_subscription_id, is_auto_renewal, due_date, paid_at
      from after_invoices order by id`);
    await transaction.query(sql.unsafe`
      insert into wallet_transactions (user_id, amount_minor, kind, invoice_id)
      select user_id, amount_minor, kind, invoice_id from after_wallet_transactions where kind = 'payment' order by id`);
    await transaction.query(sql.unsafe`
      insert into notifications (user_id, template, params, dedupe_key, status, error)
      select user_id, template, params, dedupe_key, status, error from after_notifications order by id`);
  });
}
