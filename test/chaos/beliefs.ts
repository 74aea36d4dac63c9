import { z } from 'zod';
import { type Sql, sql } from '../../sql/database/database.ts';
import type { Account } from './asked.ts';

const bookingNow = z.object({ id: z.int(), client_id: z.int(), starts_at: z.string(), status: z.string() });

/** Each booking is where its last answer said, and no client has one that nobody granted. */
export async function compareBookings(db: Sql, { bookings }: Pick<Account, 'bookings'>, since: Date): Promise<string[]> {
  const rows = await db.any(sql.type(bookingNow)`
    select id, client_id, starts_at, status from bookings where created_at >= ${since.toISOString()}::timestamptz`);
  const byId = new Map(rows.map((row) => [row.id, row]));
  const believed = new Set(bookings.map(({ id }) => id));
  return [
    ...bookings.flatMap(({ id, starts, isCancelled }) => {
      const row = byId.get(id);
      if (!row) return [`lost: the booking ${id} is gone`];
      const is = `${new Date(row.starts_at).toISOString()} ${row.status === 'CANCELLED'}`;
      const should = `${new Date(starts).toISOString()} ${isCancelled}`;
      return is === should ? [] : [`lost: the booking ${id} is at ${is}, its answers said ${should} (start, cancelled)`];
    }),
    ...rows
      .filter(({ id, status }) => !believed.has(id) && status !== 'CANCELLED')
      .map(({ id, client_id }) => `doubled: the booking ${id} of client ${client_id} was granted to nobody`),
  ];
}

const trainingNow = z.object({ id: z.int(), starts_at: z.iso.datetime(), is_cancelled: z.boolean() });

/** Each training is where its last answer said, and was called off if that was said. */
export async function compareTrainings(db: Sql, { trainings }: Pick<Account, 'trainings'>): Promise<string[]> {
  const rows = await db.any(sql.type(trainingNow)`
    select id, starts_at, status = 'cancelled' as is_cancelled from real_trainings
    where id = any(${sql.array(
      trainings.map(({ id }) => id),
      'int4',
    )})`);
  const byId = new Map(rows.map((row) => [row.id, row]));
  return trainings.flatMap(({ id, starts, isCancelled }) => {
    const row = byId.get(id);
    if (!row) return [`lost: the training ${id} is gone`];
    const found: string[] = [];
    if (Date.parse(row.starts_at) !== Date.parse(starts))
      found.push(`lost: the training ${id} begins at ${row.starts_at}, its answers said ${starts}`);
    if (isCancelled !== 'perhaps' && row.is_cancelled !== isCancelled)
      found.push(`lost: the training ${id} is${row.is_cancelled ? '' : ' not'} called off, its answers said otherwise`);
    return found;
  });
}

const markNow = z.object({ seat: z.string(), status: z.string() });

/** Everybody is marked as the last answer said. */
export async function compareMarks(db: Sql, { marks }: Pick<Account, 'marks'>): Promise<string[]> {
  if (marks.size === 0) return [];
  const rows = await db.any(sql.type(markNow)`
    select real_training_id || '/' || student_id as seat, status from real_training_students
    where real_training_id || '/' || student_id = any(${sql.array([...marks.keys()], 'text')})`);
  const now = new Map(rows.map(({ seat, status }) => [seat, status]));
  return [...marks].flatMap(([seat, status]) =>
    now.get(seat) === status ? [] : [`lost: the mark of ${seat} is ${now.get(seat)}, its answers said ${status}`],
  );
}

const seatNow = z.object({ seat: z.string(), status: z.string(), is_live: z.boolean(), is_released: z.boolean() });

/**
 * Whoever was given a place by hand has it, whoever gave it back has not, and nobody has one that was granted to nobody. Of trainings
 * that were called off, and of places whose subscription has ended, there is nothing to say.
 */
export async function compareSeats(db: Sql, { seats, trainings }: Pick<Account, 'seats' | 'trainings'>, since: Date) {
  const rows = await db.any(sql.type(seatNow)`
    select real_training_id || '/students/' || student_id as seat, status,
      status in ('REGISTERED', 'PRESENT', 'ABSENT') and cancelled_at is null as is_live,
      coalesce(cancellation_reason in ('freeze', 'group', 'subscription'), false) as is_released
    from real_training_students
    where real_training_id || '/students/' || student_id = any(${sql.array([...seats.keys()], 'text')})
      or (created_at >= ${since.toISOString()}::timestamptz and run_id is null)`);
  const now = new Map(rows.map((row) => [row.seat, row]));
  const going = new Set(trainings.filter(({ isCancelled }) => isCancelled === false).map(({ id }) => `${id}`));
  return [
    ...[...seats].flatMap(([seat, isGiven]) => {
      const row = now.get(seat);
      if (isGiven === 'perhaps' || !going.has(seat.split('/')[0]!) || row?.is_released) return [];
      if (isGiven && !row?.is_live) return [`lost: the place ${seat} was given and is ${row?.status ?? 'gone'}`];
      return !isGiven && row?.is_live ? [`lost: the place ${seat} was given back and is ${row.status}`] : [];
    }),
    ...rows
      .filter((row) => row.is_live && !seats.has(row.seat))
      .map(({ seat }) => `doubled: the place ${seat} was granted to nobody`),
  ];
}
