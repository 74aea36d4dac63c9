import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';

/** One of two people beside the other: who it is, and how much there is of what. */
export const mergeSide = z.object({
  id: z.int(),
  name: z.string(),
  phones: z.array(z.string()).meta({ description: 'the first one is the one they are reached by; by the others they are found' }),
  email: z.string().nullable(),
  has_telegram: z.boolean(),
  has_sign_in: z.boolean(),
  works_here: z.boolean(),
  is_active: z.boolean(),
  is_student: z.boolean(),
  birth_date: z.iso.date().nullable(),
  registration_date: z.iso.date().nullable(),
  current_belt: z.string().nullable(),
  payer: z.string(),
  guardians: z.array(z.string()),
  children: z.array(z.string()),
  balance_minor: z.int(),
  owed_minor: z.int(),
  payments: z.int(),
  subscriptions: z.int().meta({ description: 'live ones' }),
  sessions_left: z.int(),
  packages: z.int().meta({ description: 'live ones' }),
  visits: z.int(),
  trainings_ahead: z.int(),
  bookings: z.int(),
  bookings_ahead: z.int(),
  messages: z.int(),
  notes: z.int(),
});
export type MergeSide = z.output<typeof mergeSide>;

const name = (alias: string) => sql.fragment`concat_ws(' ', ${sql.identifier([alias, 'first_name'])},
  nullif(${sql.identifier([alias, 'last_name'])}, ''))`;

/** People as they would be compared, whoever was merged into them included, by id; who is nobody is missing. */
export const mergeSides = (db: Sql, ids: readonly number[], now: string) =>
  db.any(sql.type(mergeSide)`
    select person.id, ${name('person')} as name,
      array(select phone from users known where known.id = any(were) and phone is not null order by known.id <> person.id, known.id) as phones,
      person.email, person.telegram_id is not null as has_telegram,
      exists (select from passwords where user_id = person.id) as has_sign_in,
      exists (select from user_roles where user_id = person.id and role <> 'client') as works_here, person.is_active,
      student.id is not null as is_student, person.birth_date, student.registration_date, student.current_belt, ${name('payer')} as payer,
      array(select ${name('adult')} from guardians join users adult on adult.id = guardian_id where student_id = person.id order by 1) as guardians,
      array(select ${name('child')} from users child where child.id <> person.id and (
        exists (select from students where students.id = child.id and payer_id = person.id)
        or exists (select from guardians where guardian_id = person.id and student_id = child.id)) order by 1) as children,
      coalesce((select balance_minor from wallets where user_id = person.id), 0)::int8 as balance_minor,
      coalesce((select sum(amount_minor) from invoices where payer_id = person.id and status = 'UNPAID'), 0)::int8 as owed_minor,
      (select count(*)::int from payments where payer_id = any(were)) as payments,
      (select count(*)::int from student_subscriptions where student_id = any(were) and status in ('active', 'frozen')) as subscriptions,
      coalesce((select sum(sessions_left) from student_subscriptions where student_id = any(were) and status in ('active', 'frozen')), 0)::int
        as sessions_left,
      (select count(*)::int from client_packages where client_id = any(were) and status = 'active') as packages,
      (select count(*)::int from real_training_students where student_id = any(were) and status = 'PRESENT') as visits,
      (select count(*)::int from real_training_students seat join real_trainings training on training.id = real_training_id
        where student_id = any(were) and seat.status in ('REGISTERED', 'WAITLIST') and training.status = 'scheduled'
          and starts_at > ${now}::timestamptz) as trainings_ahead,
      (select count(*)::int from bookings where client_id = any(were) and status <> 'CANCELLED') as bookings,
      (select count(*)::int from bookings where client_id = any(were) and status in ('PENDING', 'CONFIRMED')
        and starts_at > ${now}::timestamptz) as bookings_ahead,
      (select count(*)::int from notifications where user_id = any(were)) as messages,
      (select count(*)::int from person_notes where user_id = any(were)) as notes
    from users person
    cross join lateral (select who_were(person.id) as were) as known
    left join students student on student.id = person.id
    join users payer on payer.id = coalesce(student.payer_id, person.id)
    where person.id = any(${sql.array([...ids], 'int4')}) order by person.id`);
