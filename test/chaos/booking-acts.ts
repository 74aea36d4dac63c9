import { z } from 'zod';
import { addDays, mondayAfter } from '../../queues/time/calendar.ts';
import { sql } from '../../sql/database/database.ts';
import type { Act, Acting } from './load.ts';

/** Bookings made, called off, moved and moved back; now and then two for one time at the same moment. */
export async function bookingActs({
  fleet,
  account,
  random,
  students,
  later,
  today,
}: Acting): Promise<readonly [weight: number, act: Act][]> {
  const services = await fleet.db.anyFirst(sql.type(z.object({ id: z.int() }))`select id from services order by id`);

  function anyStart() {
    const day = addDays(mondayAfter(today), random.int(7, 40));
    return `${day}T${String(random.int(7, 15)).padStart(2, '0')}:00:00Z`;
  }
  function book(starts_at = anyStart(), service_id = random.pick(services), client = random.pick(students)) {
    return account.note({
      kind: 'booking',
      path: '/bookings',
      body: { client_id: client, service_id, starts_at, pay_from: 'later' },
      believe({ answer }) {
        if (answer?.status !== 201) return;
        const { id, starts_at: starts } = answer.body as { id: number; starts_at: string };
        account.bookings.push({ id, client, starts, isCancelled: false, isBusy: false });
      },
    });
  }
  /** Several who want the same, or one client who wants to be everywhere. */
  function bookAtOnce() {
    const [start, service, client] = [anyStart(), random.pick(services), random.pick(students)];
    const isOne = random.chance(0.6);
    return Array.from({ length: 4 }, () => (isOne ? book(start, random.pick(services), client) : book(start, service)));
  }
  function anyBooking() {
    for (let tries = 0; tries < 5 && account.bookings.length > 0; tries += 1) {
      const booking = random.pick(account.bookings);
      if (booking.isBusy || booking.isCancelled) continue;
      booking.isBusy = true;
      return booking;
    }
    return null;
  }
  function cancel() {
    const booking = anyBooking();
    if (!booking) return null;
    return account.note({
      kind: 'booking_cancel',
      path: `/bookings/${booking.id}/cancel`,
      body: { reason: 'chaos', by: 'studio' },
      believe({ answer }) {
        booking.isCancelled = answer?.status === 200;
        booking.isBusy = false;
      },
    });
  }
  function move() {
    const booking = anyBooking();
    if (!booking) return null;
    const before = booking.starts;
    const isRegretted = random.chance(0.5);
    return account.note({
      kind: 'booking_move',
      path: `/bookings/${booking.id}/reschedule`,
      body: { starts_at: anyStart() },
      believe({ answer }) {
        booking.isBusy = false;
        if (answer?.status !== 200) return;
        const { starts_at, undo } = answer.body as { starts_at: string; undo: { href: string } | null };
        booking.starts = starts_at;
        if (!undo || !isRegretted) return;
        booking.isBusy = true;
        later.push(
          account.note({
            kind: 'undo',
            path: undo.href,
            body: {},
            believe({ answer: undone }) {
              booking.isBusy = false;
              if (undone?.status === 200) booking.starts = before;
            },
          }),
        );
      },
    });
  }
  return [
    [5, () => book()],
    [3, bookAtOnce],
    [4, cancel],
    [3, move],
  ];
}
