import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';

const named = z.object({ id: z.int(), name: z.string() });

/** A client as their card shows them: who they are, who pays, whom they look after, and what they have and owe. */
export const cardRow = z.object({
  id: z.int(),
  first_name: z.string(),
  last_name: z.string(),
  roles: z.array(z.string()),
  phone: z.string().nullable(),
  email: z.string().nullable(),
  telegram_username: z.string().nullable(),
  has_telegram: z.boolean(),
  birth_date: z.iso.date().nullable(),
  notes: z.string().nullable(),
  is_active: z.boolean(),
  /** Who it is now; null: this one. */
  merged_into: named.nullable(),
  /** Records of the same person that went into this one; the phones are those by which they are found still. */
  merged: z.array(named.extend({ phone: z.string().nullable(), merged_at: z.iso.datetime() })),
  is_student: z.boolean(),
  health_note: z.string().nullable(),
  current_belt: z.string().nullable(),
  registration_date: z.iso.date().nullable(),
  payment_method: z.string().nullable(),
  /** Whose wallet pays; oneself where nobody else does. */
  payer: named,
  /** Whom they pay for or look after. */
  children: z.array(named),
  guardians: z.array(named),
  balance_minor: z.int().meta({ description: "of the payer's wallet" }),
  owed_minor: z.int().meta({ description: "of the payer's invoices that are not paid" }),
  owed_invoices: z.int(),
  future_bookings: z.int(),
});

const name = (alias: string) => sql.fragment`concat_ws(' ', ${sql.identifier([alias, 'first_name'])},
  nullif(${sql.identifier([alias, 'last_name'])}, ''))`;

/** Somebody's card, or null when there is nobody. */
export const findCard = (db: Sql, id: number, now: string) =>
  db.maybeOne(sql.type(cardRow)`
    select person.id, person.first_name, person.last_name,
      array(select role from user_roles where user_id = person.id order by role) as roles,
      person.phone, person.email, person.telegram_username, person.telegram_id is not null as has_telegram, person.birth_date, person.notes,
      person.is_active,
      (select json_build_object('id', now_is.id, 'name', ${name('now_is')}) from users now_is where now_is.id = person.merged_into) as merged_into,
      coalesce((select json_agg(json_build_object('id', gone.id, 'name', ${name('gone')}, 'phone', gone.phone, 'merged_at',
          to_char(merged_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')) order by merged_at, gone.id)
        from users gone join merges on merged_id = gone.id where gone.merged_into = person.id), '[]') as merged,
      student.id is not null as is_student, student.health_note, student.current_belt, student.registration_date,
      payer.payment_method, json_build_object('id', payer.id, 'name', ${name('payer')}) as payer,
      coalesce((select json_agg(json_build_object('id', child.id, 'name', ${name('child')}) order by child.first_name, child.id)
        from users child where child.id <> person.id and (
          exists (select from students where students.id = child.id and payer_id = person.id)
          or exists (select from guardians where guardian_id = person.id and student_id = child.id))), '[]') as children,
      coalesce((select json_agg(json_build_object('id', adult.id, 'name', ${name('adult')}) order by adult.first_name, adult.id)
        from guardians join users adult on adult.id = guardian_id where student_id = person.id), '[]') as guardians,
      coalesce((select balance_minor from wallets where user_id = payer.id), 0)::int8 as balance_minor,
      coalesce(debt.owed_minor, 0)::int8 as owed_minor, coalesce(debt.owed_invoices, 0)::int as owed_invoices,
      (select count(*)::int from bookings where client_id = person.id and status in ('PENDING', 'CONFIRMED')
        and starts_at > ${now}::timestamptz) as future_bookings
    from users person
    left join students student on student.id = person.id
    join users payer on payer.id = coalesce(student.payer_id, person.id)
    left join lateral (
      select sum(amount_minor) as owed_minor, count(*) as owed_invoices from invoices where payer_id = payer.id and status = 'UNPAID'
    ) debt on true
    where person.id = ${id}`);
