/** The day of the scene's trainings, and the evening before, whose night charges them. */
export const EVENING = '2026-11-23';
export const DAY = '2026-11-24';
export const WEEK = { start: '2026-11-23', zone: 'UTC', graceDays: 7 };
const HOUR = 3_600_000;
const at = (hour: number) => Date.parse('2026-11-24T00:00:00Z') + hour * HOUR;

/** A parent who pays for two children and has money for some of it; a child with one session left; somebody else. */
export const people = { parent: 3, holder: 4, child: 5, other: 6 };
/** Two evening groups, and a morning one with one place left that comes from a template. */
export const trainings = { early: { id: 1, at: at(18) }, late: { id: 2, at: at(20) }, morning: { id: 3, at: at(10) } };
/** What the parent has paid in. */
export const PAYMENT = 1;

/** What somebody else may hold, so that whoever needs it stops there. */
export const rows = {
  'the roster': `select pg_advisory_xact_lock(hashtext('roster'))`,
  'the holder': 'select from students where id = 4 for no key update',
  'the child': 'select from students where id = 5 for no key update',
  'the early training': 'select from real_trainings where id = 1 for no key update',
  'the morning training': 'select from real_trainings where id = 3 for no key update',
  'the subscription': 'select from student_subscriptions where id = 1 for no key update',
  "the holder's seat": 'select from real_training_students where id = 1 for no key update',
  "the child's seat": 'select from real_training_students where id = 3 for no key update',
  "the parent's wallet": 'select from wallets where user_id = 3 for no key update',
  'the payment': 'select from payments where id = 1 for no key update',
};
export type Row = keyof typeof rows;

/** Sets the same scene anew, with the same ids. */
export const scene = `
  begin;
  select emptying.tables('users', 'locations', 'training_types', 'subscriptions', 'notifications', 'finance_requests');
  insert into users (first_name) select 'Человек ' || n from generate_series(1, 6) n order by n;
  insert into specialists (id) values (1), (2);
  insert into students (id, payer_id) values (3, 3), (4, 3), (5, 3), (6, 6);
  insert into training_types (name, max_participants, price_minor, duration_minutes) values ('Йога', 2, 500, 60);
  insert into training_templates (day_number, start_time, training_type_id, trainer_id) values (2, '10:00', 1, 2);
  insert into training_student_templates (training_template_id, student_id, start_date) values (1, 5, '2026-01-01'), (1, 6, '2026-01-02');
  insert into real_trainings
    (training_template_id, training_type_id, trainer_id, training_date, start_time, starts_at, ends_at, max_participants, price_minor)
  select template, 1, trainer, day, clock, (day + clock) at time zone 'UTC', (day + clock + '1 hour') at time zone 'UTC', places, price
  from (values (null::int, 1, time '18:00', 10, 500), (null, 1, '20:00', 10, 700), (1, 2, '10:00', 2, 300)) as given (template, trainer, clock, places, price),
    (select date '2026-11-24' as day) as on_day;
  insert into real_training_students (real_training_id, student_id) values (1, 4), (2, 4), (1, 5), (2, 6), (3, 5);
  insert into subscriptions (name, price_minor, number_of_sessions, validity_days) values ('Восемь', 4000, 8, 30);
  insert into student_subscriptions (student_id, subscription_id, start_date, end_date, sessions_left)
  values (4, 1, '2026-11-01', '2026-11-30', 1);
  insert into payments (payer_id, amount_minor) values (3, 600), (6, 1000);
  insert into wallet_transactions (user_id, amount_minor, kind, payment_id) values (3, 600, 'deposit', 1), (6, 1000, 'deposit', 2);
  commit`;
