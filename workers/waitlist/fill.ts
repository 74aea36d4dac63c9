import { expireHolds } from '../../sql/bookings/expire-holds.ts';
import type { Sql } from '../../sql/database/database.ts';
import { isExclusion } from '../../sql/database/outage.ts';
import { type Charged, chargeRegistrations } from '../../sql/finance/charge.ts';
import type { Due } from '../../sql/finance/due.ts';
import { dueSeat, lockStudents, lockTraining, seatStates, TAKEN, type TrainingState } from '../../sql/finance/seats.ts';
import { lockWallets, settle } from '../../sql/finance/settle.ts';
import { lockRoster } from '../../sql/runs/locks.ts';
import { type JudgedWaiting, judgeWaiting, promote, trainingsToFill, waitersOf } from '../../sql/trainings/waitlist.ts';
import { lockTrainings } from '../../sql/undo/undos.ts';
import { notifyOfPromotion, notifyOfSkipping } from './notices.ts';

/** Later than this before the start nobody is promoted but by hand (R15). Exactly 120 minutes before, somebody is. */
export const LAST_MS = 120 * 60_000;

/** Somebody began to wait after the transaction had looked who does: it is to be tried again from its beginning. */
export class WaitlistGrew extends Error {
  override name = 'WaitlistGrew';
}

/**
 * Locks, in the order of sql/README.md, whoever may be promoted when seats of these trainings become free, together with the students
 * whose seats those are: where somebody waits, the roster first, so that those who wait stay the same, and those trainings last. Wallets
 * are locked after it: those of `payers` together with all others. Where nobody waits it is no more than {@link lockStudents}: a
 * cancellation then waits for no run (D20).
 */
export async function lockWithWaiting(transaction: Sql, trainingIds: readonly number[], studentIds: readonly number[]) {
  const anybody = await waitersOf(transaction, trainingIds);
  if (anybody.length > 0) {
    await lockRoster(transaction);
    // Bookings whose time to be paid is over keep nobody busy.
    await expireHolds(transaction);
  }
  const waiting = anybody.length > 0 ? await waitersOf(transaction, trainingIds) : [];
  const ids = [...new Set([...studentIds, ...waiting.map(({ student_id }) => student_id)])];
  await lockStudents(transaction, ids);
  if (waiting.length > 0) await lockTrainings(transaction, [...new Set(waiting.map((one) => one.real_training_id))]);
  return { ids, payers: [...new Set(waiting.map(({ payer_id }) => payer_id))] };
}
export type LockedWaiting = Awaited<ReturnType<typeof lockWithWaiting>>;

/** What became of a waitlist: registrations that came to a place, and how many were passed over. */
export type Filled = { promoted: number[]; skipped: number };

/**
 * Gives the free seats of a training to those who wait for them, down the list until it is full (R15), in the transaction that freed
 * them. Whoever is busy, frozen, not active, or without the subscription that is needed is passed over, stays, and is told once. A
 * place that comes after the training was charged is charged at once, at its full price (D12). Nobody is promoted in the last 120
 * minutes, nor into what is cancelled or over. Call {@link lockWithWaiting} before anything else is locked.
 * @param locked what that has returned; without it the locks are taken here. Throws {@link WaitlistGrew} where somebody waits who is not among them
 */
export async function fillFromWaitlist(transaction: Sql, trainingId: number, now: Date, locked?: LockedWaiting): Promise<Filled> {
  const { ids } = locked ?? (await lockWithWaiting(transaction, [trainingId], []));
  const training = await lockTraining(transaction, trainingId);
  if (!training || !isOpen(training, now)) return { promoted: [], skipped: 0 };
  const seats = await seatStates(transaction, trainingId);
  let free = training.max_participants - seats.filter(({ status }) => TAKEN.includes(status)).length;
  const waiting = seats.filter(({ status }) => status === 'WAITLIST');
  if (free <= 0 || waiting.length === 0) return { promoted: [], skipped: 0 };
  if (waiting.some(({ student_id }) => !ids.includes(student_id))) throw new WaitlistGrew();

  const promoted: number[] = [];
  const skipped: JudgedWaiting[] = [];
  for (const one of await judgeWaiting(transaction, training.id)) {
    if (free === 0) break;
    const obstacle = one.obstacle ?? ((await isPromoted(transaction, one.seat_id, now)) ? null : 'busy');
    if (obstacle === null) {
      promoted.push(one.seat_id);
      free -= 1;
    } else skipped.push({ ...one, obstacle });
  }
  const charged = await chargeAll(transaction, training, promoted);
  await notifyOfSkipping(transaction, training, skipped);
  for (const seat of promoted) {
    await notifyOfPromotion(transaction, training, seat, { at: now, charged: charged.get(seat) ?? nothing });
  }
  return { promoted, skipped: skipped.length };
}

/** {@link fillFromWaitlist} for several trainings, whose seats became free together. */
export async function fillFromWaitlists(transaction: Sql, trainingIds: readonly number[], now: Date, locked: LockedWaiting) {
  for (const id of [...new Set(trainingIds)].sort((a, b) => a - b)) await fillFromWaitlist(transaction, id, now, locked);
}

/** Trainings that one transaction looks after; the others wait for the next one. */
const MOST_TRAININGS = 50;

/**
 * Fills free seats that nobody was promoted to when they became free: what could be undone waited for its end (D49), and whoever was
 * passed over may have become free since. Returns how many were promoted.
 */
export async function fillOverlooked(transaction: Sql, now: Date): Promise<number> {
  const trainings = await trainingsToFill(transaction, new Date(now.getTime() + LAST_MS).toISOString(), MOST_TRAININGS);
  if (trainings.length === 0) return 0;
  const locked = await lockWithWaiting(transaction, trainings, []);
  await lockWallets(transaction, locked.payers);
  let promoted = 0;
  for (const id of trainings) promoted += (await fillFromWaitlist(transaction, id, now, locked)).promoted.length;
  return promoted;
}

const nothing = { sessions: 0, invoices: 0 };

const isOpen = ({ status, starts_at }: TrainingState, now: Date) =>
  status === 'scheduled' && Date.parse(starts_at) - now.getTime() >= LAST_MS;

/** False where somebody is booked elsewhere in this very moment: the database refuses the second place. */
async function isPromoted(transaction: Sql, seatId: number, now: Date) {
  try {
    await transaction.transaction((inner) => promote(inner, seatId, now.toISOString()));
    return true;
  } catch (error) {
    if (isExclusion(error)) return false;
    throw error;
  }
}

/** Charges those who came to a training that is charged already, each on its own, so that each is told what it was. */
async function chargeAll(transaction: Sql, { processed_at }: TrainingState, seatIds: readonly number[]) {
  const charged = new Map<number, Charged>();
  if (processed_at === null || seatIds.length === 0) return charged;
  const due: Due[] = [];
  for (const seat of seatIds) due.push(await dueSeat(transaction, seat));
  const payers = [...new Set(due.map(({ payer_id }) => payer_id))];
  await lockWallets(transaction, payers);
  for (const one of due) charged.set(one.seat_id, await chargeRegistrations(transaction, [one], null));
  await settle(transaction, payers);
  return charged;
}
