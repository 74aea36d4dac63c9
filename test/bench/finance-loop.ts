import { z } from 'zod';
import { type Database, type Sql, sql } from '../../sql/database/database.ts';

const seat = z.object({
  id: z.int(),
  student_id: z.int(),
  payer_id: z.int(),
  training_date: z.iso.date(),
  price_minor: z.int(),
});
type Seat = z.output<typeof seat>;

/** What one writes first: for each registration a transaction that looks for a subscription, and takes a session or writes an invoice. */
export async function chargeRowByRow(db: Database, date: string, most: number) {
  const seats = await db.any(sql.type(seat)`
    select seat.id, seat.student_id, payer_id, training_date, price_minor
    from real_training_students seat
    join students on students.id = seat.student_id
    join real_trainings training on training.id = real_training_id
    where charged_at is null and training_date <= ${date}::date + 1
    order by starts_at, seat.id limit ${most}`);
  for (const seat of seats) await db.transaction((transaction) => chargeOne(transaction, seat));
  return seats.length;
}

const id = sql.type(z.object({ id: z.int() }));

async function chargeOne(transaction: Sql, item: Seat) {
  await transaction.query(sql.unsafe`select from students where id = ${item.student_id} for no key update`);
  const held = await transaction.maybeOne(sql.type(z.object({ id: z.int(), sessions_left: z.int().nullable() }))`
    select id, sessions_left from student_subscriptions
    where student_id = ${item.student_id} and ${item.training_date}::date between start_date and end_date and status <> 'cancelled'
      and (sessions_left is null or sessions_left > 0)
    order by (sessions_left is null) desc, end_date, id limit 1`);
  if (held) {
    const entry = await transaction.oneFirst(id`
      insert into session_entries (student_subscription_id, real_training_student_id, charge_no, delta, reason)
      values (${held.id}, ${item.id}, 0, ${held.sessions_left === null ? 0 : -1}, 'training') returning id`);
    await transaction.query(sql.unsafe`
      update real_training_students set charged_at = now(), session_entry_id = ${entry} where id = ${item.id}`);
    return;
  }
  await transaction.query(sql.unsafe`insert into wallets (user_id) values (${item.payer_id}) on conflict do nothing`);
  const balance = await transaction.oneFirst(sql.type(z.object({ balance_minor: z.int() }))`
    select balance_minor from wallets where user_id = ${item.payer_id} for update`);
  const invoice = await transaction.oneFirst(id`
    insert into invoices (payer_id, student_id, type, amount_minor, real_training_student_id, charge_no)
    values (${item.payer_id}, ${item.student_id}, 'TRAINING', ${item.price_minor}, ${item.id}, 0) returning id`);
  await transaction.query(
    sql.unsafe`update real_training_students set charged_at = now(), invoice_id = ${invoice} where id = ${item.id}`,
  );
  if (balance < item.price_minor) return;
  await transaction.query(sql.unsafe`update invoices set status = 'PAID', paid_at = now() where id = ${invoice}`);
  await transaction.query(sql.unsafe`
    insert into wallet_transactions (user_id, amount_minor, kind, invoice_id)
    values (${item.payer_id}, ${-item.price_minor}, 'payment', ${invoice})`);
}
