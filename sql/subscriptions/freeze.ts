import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';
import { giveBack, payersToGiveBack } from '../finance/give-back.ts';
import { lockWallets } from '../finance/settle.ts';
import { type Back, type Released, releasedSeat, releaseSeats } from '../trainings/release.ts';
import { payersOwing } from './neighbours.ts';

/**
 * Freezes a subscription on inclusive business days (D25): its last day moves by their number, and the student's
 * registrations on these days that have not started are cancelled safely, with what they were charged given back.
 * It is `frozen` at once if the freeze begins today, else from the night of its first day on (see sql/unfreeze.ts).
 * The caller holds the roster's and the student's locks and has judged the freeze. Locks the wallets of whoever gets something back or
 * owes for the student's subscriptions, together with those of `payers`. Returns the trainings released and what came back for each.
 */
export async function freezeSubscription(
  transaction: Sql,
  freeze: { id: number; studentId: number; from: string; to: string; today: string; now: Date; payers: readonly number[] },
): Promise<readonly (Released & { returned: Back })[]> {
  await transaction.query(sql.unsafe`
    update student_subscriptions
    set freeze_start_date = ${freeze.from}::date, freeze_end_date = ${freeze.to}::date,
      end_date = end_date + (${freeze.to}::date - ${freeze.from}::date + 1),
      status = case when ${freeze.from}::date <= ${freeze.today}::date then 'frozen' else 'active' end
    where id = ${freeze.id}`);
  const seats = await seatsWithin(transaction, freeze);
  const ids = seats.map((seat) => seat.seat_id);
  const payers = [
    ...freeze.payers,
    ...(await payersToGiveBack(transaction, ids)),
    ...(await payersOwing(transaction, freeze.studentId)),
  ];
  if (payers.length > 0) await lockWallets(transaction, [...new Set(payers)]);
  const back = await giveBack(transaction, ids);
  const returned = new Map(back.map((one) => [one.seat_id, one]));
  const ended = seats.map((seat) => {
    const { sessions = 0, refunded_minor = 0, cancelled_minor = 0 } = returned.get(seat.seat_id) ?? {};
    return { ...seat, returned: { sessions, refunded_minor, cancelled_minor } };
  });
  await releaseSeats(transaction, ended, { studentId: freeze.studentId, now: freeze.now, reason: 'freeze' });
  return ended;
}

/** The trainings in which a freeze on these days would release a student's seat. */
export const trainingsWithin = async (db: Sql, freeze: { studentId: number; from: string; to: string; now: Date }) =>
  (await seatsWithin(db, freeze)).map(({ real_training_id }) => real_training_id);

const seatsWithin = (transaction: Sql, freeze: { studentId: number; from: string; to: string; now: Date }) =>
  transaction.any(sql.type(releasedSeat)`
    select seat.id as seat_id, training.id as real_training_id, type.name as training_type, training.training_date, training.start_time
    from real_training_students seat
    join real_trainings training on training.id = seat.real_training_id
    join training_types type on type.id = training.training_type_id
    where seat.student_id = ${freeze.studentId} and seat.status in ('REGISTERED', 'PRESENT', 'WAITLIST')
      and training.status <> 'cancelled' and training.training_date between ${freeze.from}::date and ${freeze.to}::date
      and training.starts_at > ${freeze.now.toISOString()}::timestamptz
    order by training.starts_at, seat.id`);

/**
 * Ends a freeze before its time (D25): the last day moves back by the days of it that were not used. A freeze that began
 * before today was used up to yesterday. The caller holds the student's lock. Returns the days given back.
 */
export const endFreeze = (transaction: Sql, id: number, today: string) =>
  transaction.oneFirst(sql.type(z.object({ days: z.int() }))`
    with pause as (
      select id, greatest(0, freeze_end_date - greatest(freeze_start_date, ${today}::date) + 1) as unused
      from student_subscriptions where id = ${id}
    )
    update student_subscriptions held
    set end_date = held.end_date - unused, freeze_start_date = null, freeze_end_date = null, status = 'active'
    from pause where held.id = pause.id
    returning unused as days`);
