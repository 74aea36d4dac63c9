import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';
import { aboutInvoice, invoiceName, invoicePerson, invoiceStart } from '../finance/about-invoice.ts';

/** Lines of a sum that are shown; the rest is one line of their own. */
const MOST = 100;

const entry = z.object({
  id: z.int(),
  at: z.iso.datetime(),
  status: z.string(),
  name: z.string().nullable(),
  person: z.string().nullable(),
  starts_at: z.iso.datetime().nullable(),
  amount_minor: z.int(),
});

const person = sql.fragment`(select concat_ws(' ', first_name, nullif(last_name, '')) from users where users.id = ${invoicePerson})`;

/** The latest entries of a wallet. `status` is the entry's kind. */
export const walletEntries = (db: Sql, userId: number, limit = MOST) =>
  db.any(sql.type(entry)`
    select entry.id, entry.created_at as at, entry.kind as status, ${invoiceName} as name, ${person} as person,
      ${invoiceStart} as starts_at, entry.amount_minor
    from wallet_transactions entry left join invoices bill on bill.id = entry.invoice_id ${aboutInvoice}
    where entry.user_id = any(who_were(${userId})) order by entry.id desc limit ${limit}`);

/** What a payer owes, oldest first, as it will be paid (D15). `status` is the invoice's type. */
export const openInvoices = (db: Sql, payerId: number, limit = MOST) =>
  db.any(sql.type(entry)`
    select bill.id, bill.created_at as at, bill.type as status, ${invoiceName} as name, ${person} as person,
      ${invoiceStart} as starts_at, bill.amount_minor
    from invoices bill ${aboutInvoice} where bill.payer_id = ${payerId} and bill.status = 'UNPAID' order by bill.created_at, bill.id limit ${limit}`);

const sums = z.object({ total: z.int(), count: z.int() });
export const walletSum = (db: Sql, userId: number) =>
  db.one(sql.type(sums)`
    select coalesce(sum(amount_minor), 0)::int8 as total, count(*)::int as count from wallet_transactions where user_id = any(who_were(${userId}))`);
export const owedSum = (db: Sql, payerId: number) =>
  db.one(sql.type(sums)`
    select coalesce(sum(amount_minor), 0)::int8 as total, count(*)::int as count from invoices where payer_id = ${payerId} and status = 'UNPAID'`);

const session = z.object({
  id: z.int(),
  at: z.iso.datetime(),
  reason: z.string(),
  delta: z.int(),
  seat_id: z.int().nullable(),
  booking_id: z.int().nullable(),
  student_subscription_id: z.int(),
  subscription: z.string(),
  student_id: z.int(),
  payer_id: z.int(),
  run_id: z.int().nullable(),
  name: z.string().nullable(),
  training_id: z.int().nullable(),
  starts_at: z.iso.datetime().nullable(),
});
export type SessionEntry = z.output<typeof session>;
const sessions = sql.fragment`
  select entry.id, entry.created_at as at, entry.reason, entry.delta, entry.real_training_student_id as seat_id, entry.booking_id,
    entry.student_subscription_id, kind.name as subscription, held.student_id, student.payer_id, entry.run_id,
    coalesce(type.name, service.name) as name, training.id as training_id,
    coalesce(training.starts_at, booking.starts_at) as starts_at
  from session_entries entry
  join student_subscriptions held on held.id = entry.student_subscription_id
  join subscriptions kind on kind.id = held.subscription_id
  join students student on student.id = held.student_id
  left join session_entries taken on taken.id = entry.reverses_id
  left join real_training_students seat on seat.id = coalesce(entry.real_training_student_id, taken.real_training_student_id)
  left join real_trainings training on training.id = seat.real_training_id
  left join training_types type on type.id = training.training_type_id
  left join bookings booking on booking.id = coalesce(entry.booking_id, taken.booking_id)
  left join services service on service.id = booking.service_id`;

/** The latest entries of a subscription's sessions. */
export const sessionEntries = (db: Sql, heldId: number, limit = MOST) =>
  db.any(sql.type(session)`${sessions} where entry.student_subscription_id = ${heldId} order by entry.id desc limit ${limit}`);

export const findSessionEntry = (db: Sql, id: number) => db.maybeOne(sql.type(session)`${sessions} where entry.id = ${id}`);

/** What a subscription has left (null: unlimited) and how many entries that is made of; null when there is none. */
export const sessionsSum = (db: Sql, heldId: number) =>
  db.maybeOne(sql.type(z.object({ sessions_left: z.int().nullable(), student_id: z.int(), count: z.int() }))`
    select sessions_left, student_id,
      (select count(*)::int from session_entries where student_subscription_id = held.id) as count
    from student_subscriptions held where id = ${heldId}`);
