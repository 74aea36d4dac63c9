import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';

type Enrolment = { clientId: number; payerId: number | null; belt: string | null; registrationDate: string };

/**
 * Makes a student of a client, from a business day on. `payerId` null: the student pays. Returns false when the client is one
 * already; a transaction that is doing the same is waited for. Needs no lock: before this row there is nothing that charges a student,
 * and what a client has booked or bought keeps the payer that was written on it.
 */
export async function enrol(db: Sql, enrolment: Enrolment): Promise<boolean> {
  const { rowCount } = await db.query(sql.unsafe`
    insert into students (id, payer_id, current_belt, registration_date)
    values (${enrolment.clientId}, ${enrolment.payerId}, ${enrolment.belt}, ${enrolment.registrationDate}::date) on conflict (id) do nothing`);
  return rowCount > 0;
}

/** {@link enrol} of a client who pays their own way, if the training begins after an instant. @param after that instant */
export async function enrolForTraining(
  db: Sql,
  {
    clientId,
    trainingId,
    registrationDate,
    after,
  }: { clientId: number; trainingId: number; registrationDate: string; after: string },
): Promise<void> {
  await db.query(sql.unsafe`
    insert into students (id, registration_date)
    select ${clientId}, ${registrationDate}::date from real_trainings
    where id = ${trainingId} and status <> 'cancelled' and starts_at > ${after}::timestamptz
    on conflict (id) do nothing`);
}

const known = z.object({ id: z.int(), by: z.enum(['phone', 'Telegram id']) });

/** The client, no student yet, whose phone or else whose Telegram id this is, or null. */
export const findClientToEnrol = (db: Sql, person: { phone: string | null; telegramId: number | null }) =>
  db.maybeOne(sql.type(known)`
    select id, case when phone = ${person.phone} then 'phone' else 'Telegram id' end as by
    from (select coalesce(merged_into, id) as id, phone, telegram_id from users) as known
    where (phone = ${person.phone} or telegram_id = ${person.telegramId}::bigint)
      and exists (select from user_roles where user_id = known.id and role = 'client')
      and not exists (select from students where students.id = known.id)
    order by phone = ${person.phone} desc nulls last limit 1`);

/** Whether there is somebody with this id who is not active. */
export const isInactive = async (db: Sql, id: number): Promise<boolean> =>
  (await db.maybeOneFirst(sql.type(z.object({ is_inactive: z.boolean() }))`
    select not is_active as is_inactive from users where id = ${id}`)) ?? false;
