import { instantOf, wallOf } from '../../queues/time/wall-time.ts';
import { releaseHold } from '../../sql/bookings/confirm.ts';
import { type Booking, findBooking } from '../../sql/bookings/rows.ts';
import type { Sql } from '../../sql/database/database.ts';
import { DAY_MS } from '../../sql/database/instants.ts';
import { lockHold, noteBooked, type SiteHold } from '../../sql/site/holds.ts';
import { book } from '../bookings/book.ts';
import { whyNever } from '../bookings/limits.ts';
import type { CallContext } from '../call-context.ts';
import { Refused } from '../refusal.ts';
import { tokenHash } from '../sign-in/tokens.ts';
import { dealFor } from './book-held.ts';
import { lookedAt } from './looked-at.ts';

/** The held start, and the same wall time in the weeks after it. */
export type Weekly = { every: 1 | 2 | 4; times: number };
export const EVERY = [1, 2, 4] as const;
export const [LEAST_TIMES, MOST_TIMES] = [2, 12];
/** One date: what it would cost, or that it cannot be had. */
export type WeeklyDate = { startsAt: string; booking: Booking | null };

/** The starts of a series, at the same wall time also over a change of the clocks; those beyond the horizon are left out. */
export function weeklyStarts(first: string, { every, times }: Weekly, { now, fleet: { settings } }: CallContext): string[] {
  const { zone, bookingNoticeMinutes } = settings;
  const wall = wallOf(new Date(first), zone).getTime();
  return Array.from({ length: times }, (_, n) => instantOf(new Date(wall + n * every * 7 * DAY_MS), zone)).flatMap((start) =>
    whyNever(start, now, zone, bookingNoticeMinutes) ? [] : [start.toISOString()],
  );
}

/**
 * What a series would be for a client: each date booked and then undone, so that the packages, subscriptions and discounts of each line are
 * those it would have. A date that is taken stands there without a booking.
 * @param chosen the starts that are wanted; null: all
 */
export const planWeekly = (
  token: string,
  clientId: number,
  weekly: Weekly,
  chosen: readonly string[] | null,
  context: CallContext,
): Promise<WeeklyDate[]> =>
  lookedAt(context.db, async (db) =>
    bookEach(await demandWeekly(db, token, clientId), clientId, weekly, chosen, { ...context, db }),
  );

/**
 * Books the chosen starts of a series in one transaction: all of them, at the price that was said, or none. A second time answers what was
 * booked. Throws a `conflict` where one of them is taken or costs something else by now.
 * @param totalMinor what they cost together, as it was said
 */
export function bookWeekly(
  token: string,
  clientId: number,
  weekly: Weekly,
  { chosen, totalMinor }: { chosen: readonly string[]; totalMinor: number },
  context: CallContext,
): Promise<void> {
  return context.db.transaction(async (db) => {
    const hold = await demandWeekly(db, token, clientId);
    if (hold.booked_id !== null) return;
    const inside = { ...context, db };
    const starts = weeklyStarts(hold.starts_at, weekly, inside);
    if (chosen.length === 0 || chosen.some((start) => !starts.includes(start)))
      throw new Refused('conflict', 'a start that is not of this series, or none at all');
    const dates = await bookEach(hold, clientId, weekly, chosen, inside);
    const made = dates.flatMap(({ booking }) => booking ?? []);
    if (made.length < chosen.length) throw new Refused('conflict', 'one of the dates has just been taken');
    if (made.reduce((sum, { price_minor }) => sum + price_minor, 0) !== totalMinor)
      throw new Refused('conflict', 'the price is another one by now');
    await noteBooked(db, tokenHash(token), made[0]!.id);
  });
}

async function demandWeekly(db: Sql, token: string, clientId: number): Promise<SiteHold> {
  const hold = await lockHold(db, tokenHash(token));
  if (!hold) throw new Refused('missing', 'there is no such booking here');
  if (hold.booked_id !== null && hold.booked_client_id !== clientId)
    throw new Refused('conflict', 'somebody else has booked this');
  return hold;
}

/** Books each start in a savepoint of its own, with what pays without money where there is something. */
async function bookEach(
  hold: SiteHold,
  clientId: number,
  weekly: Weekly,
  chosen: readonly string[] | null,
  context: CallContext,
): Promise<WeeklyDate[]> {
  await releaseHold(context.db, hold.booking_id, 'booked');
  const { service_id, specialist_id } = hold;
  const dates: WeeklyDate[] = [];
  for (const startsAt of weeklyStarts(hold.starts_at, weekly, context)) {
    if (chosen && !chosen.includes(startsAt)) continue;
    const booking = await context.db
      .transaction(async (db) => {
        const inside = { ...context, db };
        const { ways } = await dealFor({ ...hold, starts_at: startsAt }, clientId, inside);
        const pay_from = ways[0] ?? 'later';
        const id = await book({ client_id: clientId, service_id, specialist_id, starts_at: startsAt, pay_from }, inside);
        return findBooking(db, id);
      })
      .catch((error) => {
        if (error instanceof Refused && (error.kind === 'conflict' || error.kind === 'invalid')) return null;
        throw error;
      });
    dates.push({ startsAt, booking });
  }
  return dates;
}
