import { z } from 'zod';
import { isAmong, type Whose } from '../auth/whose.ts';
import { type Sql, sql } from '../database/database.ts';
import { payInvoice } from './pay-invoice.ts';
import { lockWallets, settle } from './settle.ts';

export const METHODS = ['cash', 'card', 'transfer', 'online', 'other'] as const;

export const paymentRow = z.object({
  id: z.int(),
  payer_id: z.int(),
  amount_minor: z.int(),
  method: z.enum(METHODS),
  description: z.string().nullable(),
  created_by: z.string(),
  /** Who took it, where it was a person. */
  person_id: z.int().nullable(),
  /** What the outside service calls it (R18). */
  provider_id: z.string().nullable(),
  /** What somebody went to pay at the provider; null: it came otherwise. */
  order_id: z.int().nullable(),
  refunded_minor: z.int(),
  created_at: z.iso.datetime(),
  /** The day that reports count it on, where it is not the one it was entered. */
  payment_date: z.iso.date().nullable(),
  cancelled_at: z.iso.datetime().nullable(),
  cancellation_reason: z.string().nullable(),
});

const columns = sql.fragment`id, payer_id, amount_minor, method, description, created_by, person_id, provider_id, order_id,
  coalesce((select sum(amount_minor) from payment_refunds where payment_id = payments.id), 0)::int8 as refunded_minor, created_at, payment_date, cancelled_at, cancellation_reason`;

/** Whoever pays for a student, or null when there is no such student. */
export const payerOf = (db: Sql, studentId: number) =>
  db.maybeOneFirst(sql.type(z.object({ payer_id: z.int() }))`select payer_id from students where id = ${studentId}`);

/** Whoever pays for a client: a student's payer, else oneself, also somebody who only pays for others; null when it is none of these. */
export const payerOfAnyone = (db: Sql, userId: number) =>
  db.maybeOneFirst(sql.type(z.object({ payer_id: z.int() }))`
    select coalesce(payer_id, users.id) as payer_id from users left join students on students.id = users.id
    where users.id = ${userId} and (payer_id is not null
      or exists (select from user_roles where user_id = users.id and role = 'client')
      or exists (select from students child where child.payer_id = users.id))`);

/** A person as the holder of a wallet of one's own, whoever pays for them now; null when there is nobody. */
export const walletHolder = (db: Sql, userId: number) =>
  db.maybeOneFirst(sql.type(z.object({ id: z.int() }))`select id from users where id = ${userId}`);

/** A payment arrives: it goes into the payer's wallet and settles what is owed (D21, D15), in the caller's transaction. */
export async function receivePayment(
  transaction: Sql,
  received: {
    payerId: number;
    amountMinor: number;
    method: string;
    description?: string;
    day?: string;
    createdBy: string;
    personId?: number;
    providerId?: string;
    /** An invoice of the payer that is paid before any other, if it is still owed. */
    invoiceId?: number;
    /** What somebody went to pay online. */
    orderId?: number;
  },
) {
  await lockWallets(transaction, [received.payerId]);
  const payment = await transaction.one(sql.type(paymentRow)`
    insert into payments (payer_id, amount_minor, method, description, payment_date, created_by, person_id, provider_id, order_id)
    values (${received.payerId}, ${received.amountMinor}, ${received.method}, ${received.description ?? null}, ${received.day ?? null}::date, ${received.createdBy},
      ${received.personId ?? null}, ${received.providerId ?? null}, ${received.orderId ?? null})
    returning ${columns}`);
  await transaction.query(sql.unsafe`
    insert into wallet_transactions (user_id, amount_minor, kind, payment_id)
    values (${received.payerId}, ${received.amountMinor}, 'deposit', ${payment.id})`);
  const { invoiceId: id, payerId: payer_id } = received;
  const first = id !== undefined && (await payInvoice(transaction, { id, payer_id })) ? 1 : 0;
  return { payment, paid: first + (await settle(transaction, [payer_id])) };
}

type Listed = {
  studentId?: number;
  payerId?: number;
  method?: string;
  /** Inclusive business days. */
  from?: string;
  to?: string;
  zone: string;
  whose: Whose;
  before?: number;
  limit: number;
};

/** A payment with the names of who paid and who took it. */
export const listedPayment = paymentRow.extend({ payer: z.string(), taken_by: z.string().nullable() });
export type ListedPayment = z.output<typeof listedPayment>;

const nameIn = (column: 'payer_id' | 'person_id') => sql.fragment`
    (select concat_ws(' ', first_name, nullif(last_name, '')) from users where users.id = ${sql.identifier([column])})`;
const listedColumns = sql.fragment`${columns}, ${nameIn('payer_id')} as payer, ${nameIn('person_id')} as taken_by`;

/** A payment with the names of who paid and who took it; null when there is none. */
export const findPayment = (db: Sql, id: number) =>
  db.maybeOne(sql.type(listedPayment)`select ${listedColumns} from payments where id = ${id}`);

/** Payments, those entered last first, before a cursor; by the day that reports count them on. */
export function listPayments(db: Sql, { studentId, payerId, method, from, to, zone, whose, before, limit }: Listed) {
  const day = sql.fragment`coalesce(payment_date, (created_at at time zone ${zone})::date)`;
  return db.any(sql.type(listedPayment)`
    select ${listedColumns} from payments
    where (${payerId ?? null}::int is null or payer_id = ${payerId ?? null})
      and (${studentId ?? null}::int is null or payer_id = (select payer_id from students where students.id = ${studentId ?? null}))
      and (${method ?? null}::text is null or method = ${method ?? null})
      and (${from ?? null}::date is null or ${day} >= ${from ?? null}::date)
      and (${to ?? null}::date is null or ${day} <= ${to ?? null}::date)
      and (${before ?? null}::int is null or id < ${before ?? null})
      and ${isAmong(whose, 'payment', 'payments')}
    order by id desc limit ${limit}`);
}

/** The payment, locked, or null. */
export const lockPayment = (transaction: Sql, id: number) =>
  transaction.maybeOne(sql.type(paymentRow)`select ${columns} from payments where id = ${id} for update`);

/** The payment that an outside service calls so, or null. */
export const paymentOfProvider = (db: Sql, providerId: string) =>
  db.maybeOne(sql.type(paymentRow)`select ${columns} from payments where provider_id = ${providerId}`);

/** How much of a payment went back to whoever paid it. */
export const refundedOf = (db: Sql, paymentId: number) =>
  db.oneFirst(sql.type(z.object({ refunded_minor: z.int() }))`
    select coalesce(sum(amount_minor), 0)::int8 as refunded_minor from payment_refunds where payment_id = ${paymentId}`);

/**
 * Makes invoices owed again of a payer, newest first, until the wallet holds an amount; what the last of them covers too much stays in it (D21).
 * Returns how many are owed again. The caller holds the wallet.
 */
export const reopenInvoices = (transaction: Sql, payerId: number, amountMinor: number) =>
  transaction.oneFirst(sql.type(z.object({ invoices: z.int() }))`
    with paid as (
      select invoice.id, payer_id, amount_minor,
        sum(amount_minor) over (order by created_at desc, invoice.id desc) - amount_minor as before,
        ${amountMinor}::int8 - balance_minor as missing
      from invoices invoice join wallets on user_id = payer_id
      where payer_id = ${payerId} and invoice.status = 'PAID'
    ), owed as (
      update invoices set status = 'UNPAID', paid_at = null from paid where paid.id = invoices.id and paid.before < paid.missing
      returning invoices.id, invoices.payer_id, invoices.amount_minor
    ), refunded as (
      insert into wallet_transactions (user_id, amount_minor, kind, invoice_id)
      select payer_id, amount_minor, 'refund', id from owed order by id
      returning id
    )
    select count(*)::int as invoices from refunded`);

/**
 * Takes a payment back (D21), or what of it was not refunded before (R19). What the balance does not hold is got by unpaying invoices.
 * Returns how many invoices are owed again. The caller has locked the payment and seen that it is live.
 */
export async function takeBackPayment(
  transaction: Sql,
  payment: { id: number; payer_id: number; amount_minor: number },
  reason: string,
) {
  await lockWallets(transaction, [payment.payer_id]);
  const rest = payment.amount_minor - (await refundedOf(transaction, payment.id));
  const unpaid = await reopenInvoices(transaction, payment.payer_id, rest);
  await transaction.query(sql.unsafe`
    insert into wallet_transactions (user_id, amount_minor, kind, payment_id)
    select user_id, -least(balance_minor, ${rest}::int8), 'adjustment', ${payment.id}
    from wallets where user_id = ${payment.payer_id} and balance_minor > 0 and ${rest}::int8 > 0`);
  await transaction.query(sql.unsafe`
    update payments set cancelled_at = now(), cancellation_reason = ${reason} where id = ${payment.id}`);
  return unpaid;
}

export const balanceOf = async (db: Sql, payerId: number): Promise<number> =>
  (await db.maybeOneFirst(sql.type(z.object({ balance_minor: z.int() }))`
    select balance_minor from wallets where user_id = ${payerId}`)) ?? 0;

export const transactionRow = z.object({
  id: z.int(),
  amount_minor: z.int(),
  kind: z.enum(['deposit', 'payment', 'refund', 'adjustment', 'payout', 'merge']),
  invoice_id: z.int().nullable(),
  payment_id: z.int().nullable(),
  created_at: z.iso.datetime(),
});

/** A wallet's transactions, newest first, after a cursor; with those of whoever was merged into the payer. */
export const walletHistory = (db: Sql, payerId: number, before: number | undefined, limit: number) =>
  db.any(sql.type(transactionRow)`
    select id, amount_minor, kind, invoice_id, payment_id, created_at from wallet_transactions
    where user_id = any(who_were(${payerId})) and (${before ?? null}::int is null or id < ${before ?? null})
    order by id desc limit ${limit}`);
