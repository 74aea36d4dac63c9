import { z } from 'zod';
import { addDays, dayOf, mondayAfter } from '../../queues/time/calendar.ts';
import { sql } from '../../sql/database/database.ts';
import type { Random } from '../../sql/demo/random.ts';
import { type Account, type Asked, askOnce } from './asked.ts';
import { type ChaosFleet, ZONE } from './chaos-fleet.ts';

/** Requests under way at once. */
const AT_ONCE = 4;
const LEAST_PAUSE_MS = 40;
const ids = sql.type(z.object({ id: z.int() }));

/**
 * Looks around in the studio. Returns what asks for everything a studio asks for until `isOver`; what is not answered is asked again,
 * at once or later.
 */
export async function prepareLoad(fleet: ChaosFleet, account: Account, random: Random) {
  const students = await fleet.db.anyFirst(
    ids`select id from students where id in (select id from users where is_active) order by id`,
  );
  const services = await fleet.db.anyFirst(ids`select id from services order by id`);
  const trainings = await fleet.db.anyFirst(ids`
    select id from real_trainings where status = 'scheduled' and starts_at > now() + interval '1 day' order by id limit 60`);
  const today = dayOf(new Date(), ZONE);
  const seats = new Map<string, boolean>();

  const acts: [weight: number, act: () => Asked | null][] = [
    [5, pay],
    [5, bookSlot],
    [2, cancelBooking],
    [3, moveBooking],
    [4, addByHand],
    [2, takeOut],
    [1, askForRun],
  ];
  const draw = acts.flatMap(([weight, act]) => Array.from({ length: weight }, () => act));

  function pay() {
    const id = random.pick(students);
    return account.note({
      kind: 'payment',
      path: '/api/payments',
      body: {
        student_id: id,
        amount_minor: random.int(1, 50) * 100,
        method: 'cash',
        description: `chaos-${account.entries.length + 1}`,
      },
    });
  }
  function anyStart() {
    const day = addDays(mondayAfter(today), random.int(7, 12));
    return `${day}T${String(random.int(7, 15)).padStart(2, '0')}:00:00Z`;
  }
  function bookSlot() {
    const client = random.pick(students);
    const body = { client_id: client, service_id: random.pick(services), starts_at: anyStart(), pay_from: 'later' };
    return account.note({
      kind: 'booking',
      path: '/bookings',
      body,
      believe({ answer }) {
        if (answer?.status !== 201) return;
        const { id, starts_at } = answer.body as { id: number; starts_at: string };
        account.bookings.push({ id, client, starts: starts_at, isCancelled: false, isBusy: false });
      },
    });
  }
  function anyBooking() {
    const free = account.bookings.filter((booking) => !booking.isBusy && !booking.isCancelled);
    if (free.length === 0) return null;
    const booking = random.pick(free);
    booking.isBusy = true;
    return booking;
  }
  function cancelBooking() {
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
  function moveBooking() {
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
  function addByHand() {
    const [training, student] = [random.pick(trainings), random.pick(students)];
    const seat = `${training}/students/${student}`;
    if (seats.has(seat)) return null;
    seats.set(seat, false);
    return account.note({
      kind: 'add',
      path: `/real-trainings/${training}/students`,
      body: { student_id: student },
      believe: ({ answer }) => void seats.set(seat, answer?.status === 200),
    });
  }
  function takeOut() {
    const taken = [...seats].filter(([, isTaken]) => isTaken);
    if (taken.length === 0) return null;
    const [seat] = random.pick(taken);
    seats.set(seat, false);
    return account.note({ kind: 'take_out', path: `/real-trainings/${seat}/cancel`, body: { reason: 'chaos', by: 'client' } });
  }
  function askForRun() {
    const [path, body] = random.pick([
      ['/real-trainings/generate-next-week', { week_start: addDays(mondayAfter(today), 7 * random.int(0, 2)), again: true }],
      ['/real-trainings/process-daily-operations', { date: addDays(today, -random.int(1, 5)), again: true }],
      ['/cron/check-auto-renewals', { date: addDays(today, -random.int(0, 2)), again: true }],
    ] as const);
    return account.note({ kind: 'run', path, body });
  }

  const later: Asked[] = [];
  async function lane(isOver: () => boolean) {
    while (!isOver()) {
      const open = account.open();
      const asked = later.pop() ?? (random.chance(0.1) && open.length > 0 ? random.pick(open) : random.pick(draw)());
      const isAnswered = asked === null || asked.answer !== undefined || (await askOnce(fleet.url, fleet.key, asked));
      await new Promise((next) => setTimeout(next, isAnswered ? LEAST_PAUSE_MS : 250));
    }
  }
  return (isOver: () => boolean) => Promise.all(Array.from({ length: AT_ONCE }, () => lane(isOver)));
}
