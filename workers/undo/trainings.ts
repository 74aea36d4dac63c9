import { expireHolds } from '../../sql/bookings/expire-holds.ts';
import type { Sql } from '../../sql/database/database.ts';
import { balancesOf } from '../../sql/finance/came-back.ts';
import { giveBack, payersToGiveBack } from '../../sql/finance/give-back.ts';
import { lockStudents } from '../../sql/finance/seats.ts';
import { lockWallets } from '../../sql/finance/settle.ts';
import { carry } from '../../sql/sessions/carry.ts';
import { unmakeTrainings } from '../../sql/trainings/by-hand.ts';
import { forgetSeries } from '../../sql/trainings/series.ts';
import {
  chargeAgain,
  forgetRestored,
  type Paid,
  paidBefore,
  placesBefore,
  restoreSeats,
  restoreTrainings,
  reviveInvoice,
  sessionsLeft,
  takeSessionAgain,
  wayBetween,
} from '../../sql/undo/restore.ts';
import { lockTrainings, type Undo, whatDiffers } from '../../sql/undo/undos.ts';
import { Refused } from '../refusal.ts';

const refused = (why: string) => new Refused('conflict', `it cannot be taken back: ${why}`);

/** Trainings that were moved, changed or called off are what they were, and so are their registrations and what paid for them. */
export async function restoreChanged(transaction: Sql, undo: Undo, today: string) {
  const before = await paidBefore(transaction, undo.id);
  await lockStudents(transaction, [...new Set(before.map(({ student_id }) => student_id))]);
  await demandAsLeft(transaction, undo);
  // A booking whose hold is over is in nobody's way.
  const [first] = (await placesBefore(transaction, undo.id)).map(({ starts_at }) => starts_at).sort();
  if (first !== undefined) await expireHolds(transaction, first);
  const paid = await paidBefore(transaction, undo.id);
  const recharged = paid.filter(({ is_recharged }) => is_recharged).map(({ seat_id }) => seat_id);
  const payers = [...(await payersToGiveBack(transaction, recharged, today)), ...paid.flatMap(({ payer_id }) => payer_id ?? [])];
  if (payers.length > 0) await lockWallets(transaction, [...new Set(payers)]);
  if (recharged.length > 0) await giveBack(transaction, recharged, null, today, false);
  await restoreTrainings(transaction, undo.id);
  await restoreSeats(transaction, undo.id);
  for (const seat of paid.filter(({ is_lost }) => is_lost)) await payAgain(transaction, seat, undo);
  await forgetRestored(transaction, undo.after.changes, undo.training_ids);
}

/** Trainings that were made are made no more. */
export async function unmake(transaction: Sql, undo: Undo) {
  await demandAsLeft(transaction, undo);
  await unmakeTrainings(transaction, undo.training_ids);
  const { series_id } = undo.after as { series_id?: number };
  if (series_id !== undefined) await forgetSeries(transaction, series_id);
}

/** Throws a `conflict` that says what was built on a change since. */
async function demandAsLeft(transaction: Sql, undo: Undo) {
  await lockTrainings(transaction, undo.training_ids);
  const [first] = await whatDiffers(transaction, undo.id);
  if (!first) return;
  const [was, isNow] = [first.was, first.is_now] as [State, State | null];
  throw refused(whatHappened(first.id, was, isNow));
}

type State = { version: number; seats: [id: number, student: number, status: string, ...rest: unknown[]][] };

function whatHappened(id: number, was: State, isNow: State | null): string {
  if (!isNow) return `the training ${id} is gone`;
  if (was.version !== isNow.version) return `the training ${id} was changed again`;
  const joined = isNow.seats.find(([seat]) => !was.seats.some(([before]) => before === seat));
  if (joined) return `the student ${joined[1]} has taken a place in the training ${id} since`;
  const other = isNow.seats.find(
    (seat) => JSON.stringify(seat) !== JSON.stringify(was.seats.find(([before]) => before === seat[0])),
  );
  return `the place of the student ${other?.[1]} in the training ${id} was changed since`;
}

/** What paid for a registration pays for it again. Throws a `conflict` where it was spent since. */
async function payAgain(transaction: Sql, seat: Paid, undo: Undo) {
  const { seat_id: seatId, charged_at } = seat;
  const chargedAt = charged_at as string;
  if (seat.held_id !== null) return takeAgain(transaction, { ...seat, held_id: seat.held_id }, chargedAt, undo);
  if (seat.invoice_id === null || seat.invoice_status === null || seat.invoice_status === 'CANCELLED')
    return chargeAgain(transaction, { seatId, invoiceId: seat.invoice_id, chargedAt });
  if (seat.invoice_status === 'PAID') {
    const payer = seat.payer_id as number;
    const balance = (await balancesOf(transaction, [payer])).get(payer) ?? 0;
    if (balance < (seat.amount_minor ?? 0)) throw refused('the money that came back has been spent since');
  }
  await reviveInvoice(transaction, { id: seat.invoice_id, status: seat.invoice_status });
  return chargeAgain(transaction, { seatId, invoiceId: seat.invoice_id, chargedAt });
}

/** The session comes from where it went, by the same way. */
async function takeAgain(transaction: Sql, seat: Paid & { held_id: number }, chargedAt: string, { after }: Undo) {
  const { seat_id: seatId, returned_on } = seat;
  const heldId = returned_on ?? seat.held_id;
  const delta = seat.delta ?? 0;
  const to = after.returned.find(({ seat_id }) => seat_id === seatId)?.returned_to_id ?? heldId;
  if (delta !== 0) {
    const left = await sessionsLeft(transaction, to);
    if (left !== null && left < 1) throw refused('the session that came back has been used since');
    const way = to === heldId ? [] : ((await wayBetween(transaction, heldId, to)) ?? []);
    const hops = way.slice(1).map((id, n) => ({ from: way[n] as number, to: id, sessions: -1 }));
    await carry(transaction, hops.reverse(), null);
  }
  const isCounted = delta !== 0 && (await sessionsLeft(transaction, heldId)) !== null;
  await takeSessionAgain(transaction, { seatId, heldId, delta: isCounted ? delta : 0, chargedAt });
}
