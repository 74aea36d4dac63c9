import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';

const snapshot = z.object({
  row: z.looseObject({ version: z.int() }),
  invoice_id: z.int().nullable(),
  invoice_status: z.enum(['PENDING', 'UNPAID', 'PAID', 'CANCELLED']).nullable(),
  due_date: z.iso.date().nullable(),
  amount_minor: z.int().nullable(),
  payer_id: z.int().nullable(),
});

/** A booking as it is, with its invoice. */
export const snapshotOfBooking = (db: Sql, id: number) =>
  db.one(sql.type(snapshot)`
    select to_jsonb(booking) as row, invoice.id as invoice_id, invoice.status as invoice_status, invoice.due_date, invoice.amount_minor,
      invoice.payer_id
    from bookings booking
    left join lateral (select * from invoices where booking_id = booking.id order by id desc limit 1) as invoice on true
    where booking.id = ${id}`);

export const snapshotRow = snapshot;

/**
 * Makes a booking what it was before a change: time, specialist, place, status. Throws an exclusion violation for what has been taken
 * since.
 */
export const putBookingBack = (transaction: Sql, undoId: number) =>
  transaction.query(sql.unsafe`
    update bookings booking set starts_at = was.starts_at, specialist_id = was.specialist_id, room_id = was.room_id,
      location_id = was.location_id, moves = was.moves, moved_late = was.moved_late, status = was.status, held_until = was.held_until,
      cancelled_at = was.cancelled_at, cancellation_reason = was.cancellation_reason, cancellation = was.cancellation
    from undos, jsonb_populate_record(null::bookings, before -> 'booking' -> 'row') as was
    where undos.id = ${undoId} and booking.id = was.id`);

/** An invoice is due when it was before. */
export const putDueDateBack = (transaction: Sql, invoiceId: number, day: string | null) =>
  transaction.query(sql.unsafe`update invoices set due_date = ${day}::date where id = ${invoiceId} and status = 'UNPAID'`);
