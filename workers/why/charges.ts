import { findBooking } from '../../sql/bookings/rows.ts';
import type { Sql } from '../../sql/database/database.ts';
import { bookingSessionEntry, findSeat } from '../../sql/why/causes.ts';
import { consideredFor, dueUpTo, type ExplainedCharge, entriesOfInvoice, findCharge } from '../../sql/why/charges.ts';
import { type Explanation, explained, link } from './answer.ts';
import { causeOf, messagesOf } from './causes.ts';
import { isToBeCharged, rulesOfCharge, rulesOfUncharged } from './rules.ts';
import { whySession } from './sessions.ts';

type Seat = NonNullable<Awaited<ReturnType<typeof findSeat>>>;
const subjectOf = (kind: string, id: number | null) => (id === null ? null : `${kind}:${id}`);

/** Which record of the log of changes says who asked for it by hand. */
const recordOf = ({ seat_id, student_subscription_id }: ExplainedCharge) =>
  seat_id === null
    ? { record: 'subscription', recordId: student_subscription_id }
    : { record: 'registration', recordId: seat_id };

/** Why an invoice is there: what paid it, what it is for, why no session did, who wrote it, and who was told. */
export async function whyInvoice(db: Sql, id: number): Promise<Explanation | null> {
  const charge = await findCharge(db, id);
  if (!charge) return null;
  const { name, person, status, amount_minor, starts_at } = charge;
  const entries = (await entriesOfInvoice(db, id)).map((entry) =>
    link({ kind: 'transaction', id: entry.id, at: entry.at, status: entry.kind, amount_minor: entry.amount_minor, starts_at }),
  );
  const isTraining = charge.type === 'TRAINING' && charge.student_id !== null && charge.training_date !== null;
  const considered = isTraining
    ? await consideredFor(db, { studentId: charge.student_id as number, day: charge.training_date as string, at: charge.at })
    : [];
  const invoice = link({ kind: 'invoice', id, at: charge.at, name, person, status: charge.type, amount_minor, starts_at });
  const messages = await messagesOf(db, {
    readers: [charge.payer_id, charge.student_id],
    subjects: [
      `invoice:${id}`,
      subjectOf('training', charge.training_id),
      subjectOf('booking', charge.booking_id),
      subjectOf('subscription', charge.student_subscription_id),
      charge.status === 'UNPAID' ? 'debts' : null,
    ],
    from: charge.at,
  });
  const cause = await causeOf(db, { runId: charge.run_id, ...recordOf(charge) });
  const chain = [...entries.toReversed(), invoice, ...cause, ...messages];
  return explained({
    of: 'invoice',
    id,
    name,
    person,
    status,
    amount_minor,
    starts_at,
    rules: rulesOfCharge(charge),
    considered: [...considered],
    chain,
  });
}

/** What a place in a training was charged with, and why. */
export async function whyVisit(db: Sql, id: number, { now }: { now: Date }): Promise<Explanation | null> {
  const seat = await findSeat(db, id);
  if (!seat) return null;
  const visit = link({ kind: 'visit', id, at: seat.at, name: seat.name, status: seat.status });
  const entry = seat.session_entry_id ?? (seat.invoice_id === null ? seat.last_session_id : null);
  const invoice = seat.invoice_id ?? (entry === null ? seat.last_invoice_id : null);
  const under = entry !== null ? await whySession(db, entry) : invoice !== null ? await whyInvoice(db, invoice) : null;
  const isCharged = seat.session_entry_id !== null || seat.invoice_id !== null;
  const own = { of: 'visit' as const, id, name: seat.name, status: seat.status, starts_at: seat.at };
  if (under) {
    const rules = isCharged ? under.rules : [...new Set([...under.rules, ...rulesOfUncharged(seat)])];
    return { ...under, ...own, rules, chain: [visit, ...under.chain] };
  }
  const cause = await causeOf(db, { runId: null, record: 'registration', recordId: id });
  const rules = rulesOfUncharged(seat);
  const said = explained({ ...own, amount_minor: null, rules, chain: [visit, ...cause] });
  return isToBeCharged(seat) ? { ...said, ...(await willPay(db, seat, now)) } : said;
}

/** What pays for a place that is not charged yet, as things stand now: a session, or an invoice and why no session does. */
async function willPay(db: Sql, seat: Seat, now: Date): Promise<Partial<Explanation>> {
  const { id: seatId, student_id: studentId, training_date: day, at, price_minor } = seat;
  const held = lastPayer(await dueUpTo(db, { studentId, seatId }));
  if (!held) {
    const considered = (await consideredFor(db, { studentId, day, at: now.toISOString() })).map((one) =>
      // It would pay, but for what is charged before this place.
      one.obstacle === 'later' ? { ...one, obstacle: 'promised' as const } : one,
    );
    return { rules: ['D12', 'uncovered'], amount_minor: price_minor, considered };
  }
  const { id, name } = held;
  const parts = [link({ kind: 'session', id, at, name, status: 'planned', why: { of: 'sessions', id } })];
  return { rules: ['D12', 'D13'], parts };
}

/** What pays for the last place of a student's that is due: each takes a session of the first subscription that has one left then. */
function lastPayer(due: Awaited<ReturnType<typeof dueUpTo>>) {
  const taken = new Map<number, number>();
  return due.reduce<{ id: number; name: string } | undefined>((_, { payers }) => {
    const payer = payers.find(({ id, left }) => left === null || left > (taken.get(id) ?? 0));
    if (payer) taken.set(payer.id, (taken.get(payer.id) ?? 0) + 1);
    return payer;
  }, undefined);
}

/** What a booking costs, and what paid for it. */
export async function whyBooking(db: Sql, id: number): Promise<Explanation | null> {
  const booking = await findBooking(db, id);
  if (!booking) return null;
  const { service: name, client: person, status, starts_at } = booking;
  const own = { of: 'booking' as const, id, name, person, status, starts_at };
  const line = link({ kind: 'booking', id, at: starts_at, name, status });
  const entry = await bookingSessionEntry(db, id);
  const under = booking.invoice ? await whyInvoice(db, booking.invoice.id) : entry ? await whySession(db, entry) : null;
  if (under) return { ...under, ...own, chain: [line, ...under.chain] };
  const rules: Explanation['rules'] =
    booking.client_package_id !== null ? ['package'] : booking.price_minor === 0 ? ['free'] : ['later'];
  const messages = await messagesOf(db, {
    readers: [booking.client_id, booking.payer_id],
    subjects: [`booking:${id}`],
    from: booking.created_at,
  });
  return explained({ ...own, amount_minor: booking.price_minor, rules, chain: [line, ...messages] });
}
