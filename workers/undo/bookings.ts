import { lockBooking } from '../../sql/bookings/change.ts';
import { expireHolds } from '../../sql/bookings/expire-holds.ts';
import type { Sql } from '../../sql/database/database.ts';
import { balancesOf } from '../../sql/finance/came-back.ts';
import { lockWallets } from '../../sql/finance/settle.ts';
import { putBookingBack, putDueDateBack, snapshotOfBooking, snapshotRow } from '../../sql/undo/bookings.ts';
import { reviveInvoice } from '../../sql/undo/restore.ts';
import type { Undo } from '../../sql/undo/undos.ts';
import { Refused } from '../refusal.ts';

const refused = (why: string) => new Refused('conflict', `it cannot be taken back: ${why}`);

/** A booking that was moved or cancelled is what it was, and its invoice with it. */
export async function restoreBooking(transaction: Sql, undo: Undo) {
  await expireHolds(transaction);
  const id = undo.subject_id;
  await lockBooking(transaction, id);
  const was = snapshotRow.parse(undo.before.booking);
  const left = snapshotRow.parse(undo.after.booking);
  const isNow = await snapshotOfBooking(transaction, id);
  if (isNow.row.version !== left.row.version) throw refused('the booking was changed again');
  if (isNow.invoice_id !== left.invoice_id || isNow.invoice_status !== left.invoice_status)
    throw refused('its invoice was changed since');
  if (was.payer_id !== null) await lockWallets(transaction, [was.payer_id]);
  await putBookingBack(transaction, undo.id);
  if (was.invoice_id === null || was.invoice_status === null) return;
  if (was.invoice_status !== isNow.invoice_status) await payAgain(transaction, was);
  else if (was.due_date !== isNow.due_date) await putDueDateBack(transaction, was.invoice_id, was.due_date);
}

async function payAgain(transaction: Sql, was: ReturnType<typeof snapshotRow.parse>) {
  const { invoice_id: id, invoice_status: status, payer_id: payer, amount_minor } = was;
  if (id === null || status === null || status === 'CANCELLED') return;
  if (status === 'PAID' && payer !== null) {
    const balance = (await balancesOf(transaction, [payer])).get(payer) ?? 0;
    if (balance < (amount_minor ?? 0)) throw refused('the money that came back has been spent since');
  }
  await reviveInvoice(transaction, { id, status });
}
