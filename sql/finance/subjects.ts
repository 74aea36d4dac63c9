import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';
import { aboutInvoice, invoiceName, invoicePerson, invoiceStart } from './about-invoice.ts';

const subject = z.object({
  invoice_id: z.int(),
  /** Of the class, service, subscription or package. */
  name: z.string().nullable(),
  /** First name of whom it is for, where that is not who pays. */
  person: z.string().nullable(),
  /** Of the class or the visit. */
  starts_at: z.iso.datetime().nullable(),
  /** Why it is charged although nobody came: it was cancelled too late (D17), or missed. Null for what was waived. */
  unused: z.enum(['late', 'missed']).nullable(),
  cancelled_at: z.iso.datetime().nullable(),
});
export type InvoiceSubject = z.output<typeof subject>;

/** What some invoices of a payer are for; those of anybody else are left out. */
export const invoiceSubjects = (db: Sql, payerId: number, invoiceIds: readonly number[]) =>
  db.any(sql.type(subject)`
    select bill.id as invoice_id, ${invoiceName} as name,
      (select first_name from users where users.id = ${invoicePerson}
        and users.id <> all(who_were(${payerId}))) as person,
      ${invoiceStart} as starts_at,
      case when bill.status = 'CANCELLED' then null
        when seat.status = 'ABSENT' and seat.cancelled_at is not null or booking.status = 'CANCELLED' then 'late'
        when seat.status = 'ABSENT' or booking.status = 'NO_SHOW' then 'missed' end as unused,
      coalesce(seat.cancelled_at, booking.cancelled_at) as cancelled_at
    from invoices bill ${aboutInvoice}
    where bill.id = any(${sql.array([...invoiceIds], 'int4')}) and bill.payer_id = any(who_were(${payerId}))`);
