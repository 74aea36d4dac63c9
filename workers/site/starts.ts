import type { Day } from '../../queues/time/calendar.ts';
import { dayOf } from '../../queues/time/calendar.ts';
import type { CallContext } from '../call-context.ts';
import { Refused } from '../refusal.ts';
import { anybody, freeSlots } from '../slots/free-slots.ts';
import { HORIZON_DAYS } from '../slots/horizon.ts';
import { offersOf } from '../slots/offers.ts';
import type { DayStarts } from '../slots/starts-of.ts';
import { slotStoreOf } from '../slots/store.ts';

/** So many days of specialists are looked at for one answer. */
const MOST_DAYS = 3_000;

type Asked = { serviceId: number; specialistId?: number; from?: Day; days?: number };

/**
 * The free starts of a service day by day, with one specialist or with anybody; by default of every day that can be booked. Where very
 * many give the service, of fewer days. Throws a refusal for a service or a specialist that cannot be booked.
 */
export async function startsForVisitors({ serviceId, specialistId, from, days = HORIZON_DAYS }: Asked, context: CallContext) {
  const { db, fleet, now } = context;
  const { zone, bookingNoticeMinutes: noticeMinutes } = fleet.settings;
  const offer = await offersOf(fleet).read(db, { serviceId, specialistId, zone });
  if (!offer?.is_active) throw new Refused('missing', `there is no service ${serviceId} to book`);
  if (offer.specialists.length === 0) throw new Refused('missing', 'nobody gives this service');
  const most = Math.max(1, Math.floor(MOST_DAYS / offer.specialists.length));
  const asked = { from: from ?? dayOf(now, zone), days: Math.min(days, most), now, noticeMinutes };
  return anybody(await freeSlots({ db, store: slotStoreOf({ backend: fleet.backend, db }), zone }, offer, asked));
}

/** The first free start, or null. */
export const firstOf = (days: readonly DayStarts[]): string | null =>
  days.find(({ starts }) => starts.length > 0)?.starts[0] ?? null;
