import type { Sql } from '../../sql/database/database.ts';
import { balancesOf, seatFacts } from '../../sql/finance/came-back.ts';
import { giveBack, payersToGiveBack } from '../../sql/finance/give-back.ts';
import { lockWallets } from '../../sql/finance/settle.ts';
import { aboutWhom } from '../../sql/notifications/about.ts';
import { type Notice, notifyPeople } from '../../sql/notifications/notify.ts';
import { lockRoster } from '../../sql/runs/locks.ts';
import { releaseSeats, seatsWithoutPlace } from '../../sql/trainings/release.ts';
import { fillFromWaitlists, lockWithWaiting } from '../waitlist/fill.ts';

type Place = {
  studentId: number;
  templateIds: readonly number[];
  /** The first business day without the place. */
  from: string;
  now: Date;
  /** A subscription whose schedule accounts for nothing any more. */
  without?: number;
};

/** Locks the roster, the student who gives up a standing place, and whoever may get a seat that becomes free by it. */
export async function lockForRelease(db: Sql, place: Place) {
  await lockRoster(db);
  const seats = await seatsWithoutPlace(db, { without: null, ...place });
  return lockWithWaiting(
    db,
    seats.map(({ real_training_id }) => real_training_id),
    [place.studentId],
  );
}
type Locked = Awaited<ReturnType<typeof lockForRelease>>;

/**
 * Releases the seats that a standing place gave and that it accounts for no more (R10, R11): safely, whatever the hour, what was charged
 * goes back (D18), whoever waits for them gets them (R15), the student and whoever pays are told. The caller has called {@link lockForRelease}.
 * @param of.today the business day
 * @param of.because what gave the place, and what it is called
 * @param of.payers whose wallets the rest of the transaction concerns as well
 */
export async function releasePlaces(
  db: Sql,
  place: Place,
  of: { today: string; because: { kind: 'group' | 'subscription'; name: string }; payers?: readonly number[] },
  locked: Locked,
) {
  const seats = await seatsWithoutPlace(db, { without: null, ...place });
  const ids = seats.map(({ seat_id }) => seat_id);
  const payers = [...new Set([...(await payersToGiveBack(db, ids, of.today)), ...locked.payers, ...(of.payers ?? [])])];
  if (payers.length > 0) await lockWallets(db, payers);
  const back = new Map((await giveBack(db, ids, null, of.today)).map((one) => [one.seat_id, one]));
  const ended = seats.map((seat) => {
    const { sessions = 0, refunded_minor = 0, cancelled_minor = 0 } = back.get(seat.seat_id) ?? {};
    return { ...seat, returned: { sessions, refunded_minor, cancelled_minor } };
  });
  if (ended.length === 0) return { released: [], returned: nothing };
  await releaseSeats(db, ended, { studentId: place.studentId, now: place.now, reason: of.because.kind });
  const sum = (what: keyof typeof nothing) => ended.reduce((total, { returned }) => total + returned[what], 0);
  const returned = { sessions: sum('sessions'), refunded_minor: sum('refunded_minor'), cancelled_minor: sum('cancelled_minor') };
  const released = ended.map(({ seat_id: _, returned: __, ...training }) => training);
  await notify(db, ids, { because: of.because, released, returned, now: place.now });
  await fillFromWaitlists(
    db,
    released.map(({ real_training_id }) => real_training_id),
    place.now,
    locked,
  );
  return { released, returned };
}

const nothing = { sessions: 0, refunded_minor: 0, cancelled_minor: 0 };
type Released = { real_training_id: number; training_type: string; training_date: string; start_time: string };

async function notify(
  db: Sql,
  seatIds: readonly number[],
  of: { because: { kind: 'group' | 'subscription'; name: string }; released: Released[]; returned: typeof nothing; now: Date },
) {
  const [person] = await seatFacts(db, seatIds);
  if (!person) return;
  const { student_id, student, payer_id } = person;
  const balance = of.returned.refunded_minor > 0 ? (await balancesOf(db, [payer_id])).get(payer_id) : undefined;
  await notifyPeople(
    db,
    [...new Set([student_id, payer_id])].map(
      (userId): Notice => ({
        userId,
        template: 'places_released',
        dedupe: `places_released:${seatIds[0]}:${of.now.toISOString()}:${userId}`,
        about: aboutWhom(userId, student_id),
        params: {
          because: of.because.kind,
          name: of.because.name,
          trainings: of.released,
          student: userId === student_id ? null : student,
          is_payer: userId === payer_id,
          returned: { session: null, ...of.returned },
          balance_minor: userId === payer_id ? (balance ?? null) : null,
        },
      }),
    ),
  );
}
