import { z } from 'zod';
import { isAmong, type Whose } from '../auth/whose.ts';
import { type Sql, sql } from '../database/database.ts';
import { isMeant } from '../search/match.ts';

/** Which of the clients; all but those who left and those who owe are active. */
export const listedKinds = ['all', 'students', 'debtors', 'without_subscription', 'new', 'away', 'former'] as const;
export type ListedKind = (typeof listedKinds)[number];

export const listedRow = z.object({
  id: z.int(),
  name: z.string(),
  phone: z.string().nullable().meta({ description: 'null to a trainer' }),
  is_student: z.boolean(),
  is_active: z.boolean(),
  payer: z.object({ id: z.int(), name: z.string() }).nullable().meta({ description: 'who pays, where it is somebody else' }),
  subscription: z
    .object({ id: z.int(), name: z.string(), sessions_left: z.int().nullable(), end_date: z.iso.date(), is_frozen: z.boolean() })
    .nullable()
    .meta({ description: 'the one that ends first of those that are on' }),
  last_visit: z.iso.datetime().nullable(),
  next_visit: z.iso.datetime().nullable(),
  balance_minor: z.int().optional().meta({ description: 'of the own wallet; with the scope money:read' }),
  owed_minor: z.int().optional().meta({ description: 'of the own invoices that are not paid; with the scope money:read' }),
});

type Wish = {
  which: ListedKind;
  words: readonly string[];
  digits: string | null;
  whose: Whose;
  hasMoney: boolean;
  /** The studio's day, its first day of this month, and the day before which whoever came last is away. */
  today: string;
  month: string;
  away: string;
  now: string;
  zone: string;
  after?: readonly [string, number] | undefined;
  limit: number;
};

const isOn = (today: string) =>
  sql.fragment`held.status in ('active', 'frozen') and ${today}::date between held.start_date and held.end_date`;
/** Visits and bookings that took place, those to come, of `person`. */
const visits = sql.fragment`
  select training.starts_at, seat.status = 'PRESENT' as came, seat.status = 'REGISTERED' and training.status = 'scheduled' as comes
  from real_training_students seat join real_trainings training on training.id = seat.real_training_id where seat.student_id = person.id
  union all
  select starts_at, status = 'COMPLETED', status in ('PENDING', 'CONFIRMED') and held_until is null from bookings where client_id = person.id`;

function condition({ which, today, month, away, zone }: Wish) {
  const since = sql.fragment`coalesce(student.registration_date, (users.created_at at time zone ${zone})::date)`;
  switch (which) {
    case 'all':
      return sql.fragment`users.is_active`;
    case 'former':
      return sql.fragment`not users.is_active`;
    case 'students':
      return sql.fragment`users.is_active and student.id is not null`;
    case 'debtors':
      return sql.fragment`exists (select from invoices where payer_id = users.id and status = 'UNPAID'
        and coalesce(due_date, (created_at at time zone ${zone})::date) < ${today}::date)`;
    case 'without_subscription':
      return sql.fragment`users.is_active and student.id is not null and not exists (
        select from student_subscriptions held where held.student_id = users.id and ${isOn(today)})`;
    case 'new':
      return sql.fragment`users.is_active and ${since} >= ${month}::date`;
    case 'away':
      return sql.fragment`users.is_active and ${since} < ${away}::date
        and (student.id is not null or exists (select from bookings where client_id = users.id))
        and not exists (select from real_training_students seat join real_trainings training on training.id = seat.real_training_id
          where seat.student_id = users.id and seat.status = 'PRESENT' and training_date >= ${away}::date)
        and not exists (select from bookings where client_id = users.id and status = 'COMPLETED'
          and starts_at >= ${away}::date::timestamp at time zone ${zone})`;
  }
}

/**
 * Clients by name, after a cursor of name and id, with what they hold and owe, and when they came last and come next; whom nothing is known of
 * any more (R31) and who was merged into somebody is not among them, but found by the names and numbers of before. Who they are is found first, the rest is asked for one page alone.
 */
export const listPeople = (db: Sql, wish: Wish) => {
  const { words, digits, whose, today, now, after, limit, hasMoney } = wish;
  const meant = isMeant({ words, digits });
  const name = sql.fragment`concat_ws(' ', users.first_name, nullif(users.last_name, ''))`;
  const money = hasMoney
    ? sql.fragment`, coalesce((select balance_minor from wallets where user_id = person.id), 0)::int8 as balance_minor,
        coalesce((select sum(amount_minor) from invoices where payer_id = person.id and status = 'UNPAID'), 0)::int8 as owed_minor`
    : sql.fragment``;
  return db.any(sql.type(listedRow)`
    with person as materialized (
      select users.id, ${name} as name, ${whose.everything ? sql.fragment`phone` : sql.fragment`null::text as phone`}, is_active,
        student.id is not null as is_student, nullif(student.payer_id, users.id) as payer_id
      from users left join students student on student.id = users.id
      where exists (select from user_roles where user_id = users.id and role = 'client')
        and not exists (select from erasures where user_id = users.id) and users.merged_into is null
        and (${isAmong(whose, 'student', 'users')} or ${isAmong(whose, 'client', 'users')})
        and ${condition(wish)} and ${meant ? sql.fragment`users.id in (select coalesce(merged_into, id) from users where ${meant})` : sql.fragment`true`}
        and (${after?.[0] ?? null}::text is null or (${name}, users.id) > (${after?.[0] ?? null}::text, ${after?.[1] ?? null}::int))
      order by name, id limit ${limit}
    )
    select person.id, person.name, person.phone, person.is_student, person.is_active,
      ${whose.everything ? sql.fragment`(select json_build_object('id', id, 'name', concat_ws(' ', first_name, nullif(last_name, ''))) from users where id = person.payer_id)` : sql.fragment`null::json`} as payer,
      (select json_build_object('id', held.id, 'name', type.name, 'sessions_left', held.sessions_left, 'end_date', held.end_date,
          'is_frozen', held.status = 'frozen')
        from student_subscriptions held join subscriptions type on type.id = held.subscription_id
        where held.student_id = person.id and ${isOn(today)} order by held.end_date, held.id limit 1) as subscription,
      visit.last_visit, visit.next_visit ${money}
    from person cross join lateral (
      select max(starts_at) filter (where came) as last_visit,
        min(starts_at) filter (where comes and starts_at > ${now}::timestamptz) as next_visit
      from (${visits}) as each
    ) as visit
    order by person.name, person.id`);
};
