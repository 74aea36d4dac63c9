import { addDays, dayOf, startOfDay } from '../../queues/time/calendar.ts';
import { readCalendar } from '../../sql/bookings/calendar.ts';
import type { Offer } from '../../sql/bookings/offer-to-book.ts';
import { findBookingRules } from '../../sql/bookings/rules.ts';
import { shortestServices } from '../../sql/slots/shortest.ts';
import type { CallContext } from '../call-context.ts';
import { busyMinutes, type Times } from '../slots/busy-minutes.ts';
import { startsBetween } from '../slots/fits.ts';
import { lastDay } from '../slots/horizon.ts';
import { isTight } from '../slots/tight.ts';
import { spanOf } from './slots.ts';

type Start = {
  specialistId: number;
  startsAt: string;
  service: Times;
  /** A booking that does not count: the hold that becomes this one. */
  except?: number;
};
const QUARTER: Times = { duration_minutes: 15, break_minutes: 0 };
const [MINUTE_MS, MOST_MINUTES] = [60_000, 1_440];

/**
 * Whether a start leaves no gap too short for any service of whoever gives it, by their calendar as it is read now: what the mark on the
 * site says (`tightStarts`), for one start (D52).
 */
export async function isFitting(
  { specialistId, startsAt, service, except }: Start,
  { db, fleet, now }: CallContext,
): Promise<boolean> {
  const { zone, bookingNoticeMinutes } = fleet.settings;
  const [shortest] = await shortestServices(db, [specialistId]);
  if (!shortest) return false;
  const [day, today] = [dayOf(new Date(startsAt), zone), dayOf(now, zone)];
  const first = day > today ? addDays(day, -1) : day;
  const last = addDays(first, 2) < lastDay(today) ? addDays(first, 2) : lastDay(today);
  const from = Math.max(Date.parse(startOfDay(first, zone)), now.getTime() + bookingNoticeMinutes * MINUTE_MS + 1);
  const to = Date.parse(startOfDay(addDays(last, 1), zone)) - 1;
  if (to < from) return false;
  const span = spanOf(from, (to - from) / MINUTE_MS + 2 * MOST_MINUTES, zone, except);
  const calendar = await readCalendar(db, specialistId, span);
  const startsOf = (times: Times) => new Set(startsBetween(calendar, from, to, times, zone));
  return isTight(Date.parse(startsAt), busyMinutes(service) * MINUTE_MS, {
    free: startsOf(QUARTER),
    shortest: { starts: startsOf(shortest), lasts: busyMinutes(shortest) * MINUTE_MS },
  });
}

/** The discount of a start in hundredths of a per cent: the studio's, where it gives one and the start fits; else 0. */
export async function fittingDiscount(
  { fitting_basis_points, service }: Pick<Offer, 'fitting_basis_points'> & { service: Times & { price_minor: number } },
  start: Omit<Start, 'service'>,
  context: CallContext,
): Promise<number> {
  if (fitting_basis_points === 0 || service.price_minor === 0) return 0;
  return (await isFitting({ ...start, service }, context)) ? fitting_basis_points : 0;
}

/** What the studio gives for starts that fit, in per cent; 0: nothing. */
export const fittingPercent = async ({ db }: Pick<CallContext, 'db'>) => (await findBookingRules(db)).fitting_percent;
