import { dayOf } from '../../queues/time/calendar.ts';
import { chargeRegistrations } from '../../sql/finance/charge.ts';
import { giveBack, payersToGiveBack } from '../../sql/finance/give-back.ts';
import { dueSeat, endSeat, lockPlace } from '../../sql/finance/seats.ts';
import { lockWallets, settle } from '../../sql/finance/settle.ts';
import { fillFromWaitlist, lockWithWaiting } from '../waitlist/fill.ts';
import { notifyOfLeaving } from '../waitlist/notices.ts';
import { type Decide, refuse } from './decision.ts';
import { judgeCancellation } from './free-cancellation.ts';
import { notifyOfCancelledPlace } from './notices.ts';

/**
 * Takes a student out of a training: for free until twelve hours before, charged once after that (D17, D18). By the studio: whatever the
 * hour, for free. A seat that becomes free goes to whoever waits for it (R15); who only waited leaves the waitlist.
 */
export const cancelParticipation: Decide = async (transaction, request, zone) => {
  const studentId = Number(request.student_id);
  const { place, waiting } = await lockAll(transaction, request.real_training_id, studentId);
  if (!place) return refuse('missing', `the student ${studentId} is not registered in the training ${request.real_training_id}`);
  const { seat_id, seat_charged_at, seat_cancellation, seat_status, seat_promoted_at, ...training } = place;
  const seat = { id: seat_id, charged_at: seat_charged_at };
  if (seat_cancellation) return { answer: seat_cancellation as object };
  if (training.status === 'cancelled') return refuse('conflict', 'the training is cancelled');
  const isWaiting = seat_status === 'WAITLIST';
  const judged = judgeCancellation(new Date(request.requested_at), new Date(training.starts_at), {
    isFreeUntilStart: training.free_until_start,
    promotedAt: seat_promoted_at,
  });
  const outcome = request.by_studio || (isWaiting && judged === 'late') ? 'safe' : judged;
  if (outcome === 'started') return refuse('conflict', 'the training has started');
  // All wallets of a transaction in one order: of whoever gets something back, and of those who may be charged for the seat.
  if (outcome === 'safe' && !isWaiting && training.processed_at !== null && waiting.payers.length > 0) {
    const today = dayOf(new Date(request.requested_at), zone);
    await lockWallets(transaction, [...new Set([...(await payersToGiveBack(transaction, [seat.id], today)), ...waiting.payers])]);
  }

  const status = outcome === 'safe' ? 'CANCELLED_SAFE' : 'ABSENT';
  const { payer_id, ...money } =
    outcome === 'safe'
      ? await returnAll(transaction, seat, dayOf(new Date(request.requested_at), zone))
      : await chargeOnce(transaction, seat);
  const answer = {
    real_training_id: training.id,
    student_id: studentId,
    outcome,
    status,
    cancelled_at: request.requested_at,
    ...money,
  };
  const isWaitedFor = await endSeat(transaction, {
    id: seat.id,
    status,
    at: request.requested_at,
    reason: request.reason,
    answer,
  });
  if (isWaiting) {
    await notifyOfLeaving(transaction, training, seat.id, new Date(request.requested_at));
    return { answer };
  }
  const about = {
    outcome: outcome === 'safe' ? ('safe' as const) : ('late' as const),
    returned: { ...money.returned, payer_id },
    charged: money.charged,
  };
  await notifyOfCancelledPlace(transaction, training, request, seat.id, about);
  if (outcome === 'safe' && isWaitedFor)
    await fillFromWaitlist(transaction, training.id, new Date(request.requested_at), waiting);
  return { answer };
};

type Transaction = Parameters<Decide>[0];

/** Locks the place, and before it whoever may be promoted to it. Nearly always nobody waits: then it is one statement. */
async function lockAll(transaction: Transaction, trainingId: number, studentId: number) {
  const alone = await lockPlace(transaction, { trainingId, studentId, ifNobodyWaits: true });
  if (alone) return { place: alone, waiting: { ids: [studentId], payers: [] } };
  const waiting = await lockWithWaiting(transaction, [trainingId], [studentId]);
  return { place: await lockPlace(transaction, { trainingId, studentId, ifNobodyWaits: false }), waiting };
}

const nothing = { sessions: 0, refunded_minor: 0, cancelled_minor: 0 };
const free = { payer_id: null, returned: nothing, charged: { sessions: 0, invoices: 0 } };

type Seat = { id: number; charged_at: string | null };

async function returnAll(transaction: Transaction, { id, charged_at }: Seat, today: string) {
  if (charged_at === null) return free;
  const [back] = await giveBack(transaction, [id], null, today);
  const { sessions, refunded_minor, cancelled_minor } = back ?? nothing;
  return {
    payer_id: back?.payer_id ?? null,
    returned: { sessions, refunded_minor, cancelled_minor },
    charged: { sessions: 0, invoices: 0 },
  };
}

async function chargeOnce(transaction: Transaction, seat: Seat) {
  if (seat.charged_at) return free;
  const due = await dueSeat(transaction, seat.id);
  const charged = await chargeRegistrations(transaction, [due], null, 'LATE_CANCELLATION_FEE');
  await settle(transaction, [due.payer_id]);
  return { payer_id: null, returned: nothing, charged };
}
