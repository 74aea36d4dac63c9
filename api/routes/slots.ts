import { z } from 'zod';
import { dayOf } from '../../queues/time/calendar.ts';
import { anyDay } from '../../queues/time/days.ts';
import { isSpecialist } from '../../sql/slots/offer.ts';
import { whyNotOffered, whyNotThere } from '../../workers/bookings/why-not.ts';
import { slotsAsJson } from '../../workers/slots/as-json.ts';
import { anybody, freeSlots } from '../../workers/slots/free-slots.ts';
import { HORIZON_DAYS, lastDay } from '../../workers/slots/horizon.ts';
import { offersOf } from '../../workers/slots/offers.ts';
import { slotStoreOf } from '../../workers/slots/store.ts';
import { whileUnderWay } from '../../workers/slots/while-under-way.ts';
import { idParams } from '../http/paging.ts';
import { unacceptable } from '../http/problems.ts';
import { type AnswerOf, type Context, route } from '../http/route.ts';
import { streamSlots } from '../http/slot-stream.ts';

const read = { tag: 'slots', scope: 'slots:read' } as const;
export const idText = idParams.shape.id;
const daysError = `a whole number from 1 to ${HORIZON_DAYS}`;
/** How many days are asked for. */
export const daysText = z
  .string()
  .refine((text) => /^\d{1,2}$/.test(text) && Number(text) >= 1 && Number(text) <= HORIZON_DAYS, { error: daysError })
  .transform(Number)
  .meta({ override: { type: 'integer', minimum: 1, maximum: HORIZON_DAYS } });

/** An answer holds no more days of specialists than this. */
const MOST_DAYS = 3_000;

const daySlots = z.object({ date: z.iso.date(), starts: z.array(z.iso.datetime()) });
const slots = z
  .object({
    service_id: z.int(),
    duration_minutes: z.int(),
    break_minutes: z.int(),
    zone: z.string().meta({ description: 'the time zone of the dates' }),
    specialists: z.array(z.object({ specialist_id: z.int(), location_id: z.int().nullable(), days: z.array(daySlots) })),
    any: z.array(daySlots).optional().meta({ description: 'when at least one of them is free; unless one was asked for' }),
  })
  .meta({ id: 'Slots' });

const refused = (path: string, message: string) => unacceptable(path, message, 'query');

export const slotRoutes = [
  route({
    ...read,
    method: 'get',
    path: '/slots',
    summary: 'When a service can begin: instants that are free now, day by day for each specialist who offers it',
    query: z.strictObject({
      service_id: idText,
      specialist_id: idText.optional(),
      location_id: idText.optional(),
      from: anyDay.optional().meta({ description: 'by default today' }),
      days: daysText.default(7),
    }),
    responses: { 200: slots },
    handle({ query }, context) {
      const { db, fleet } = context;
      if (db !== fleet.db) return slotsOf(query, context);
      const { service_id, specialist_id, location_id, from, days } = query;
      const asked = [offersOf(fleet).version(), service_id, specialist_id, location_id, from, days].join(' ');
      return sharedOf(fleet)(asked, () => slotsOf(query, context));
    },
  }),
  route({
    ...read,
    method: 'get',
    path: '/slots/stream',
    summary: 'Server-Sent Events of a specialist: ready, then a day for each day that was rewritten, missed after a gap',
    query: z.strictObject({ specialist_id: idText }),
    responses: { 200: z.string() },
    produces: 'text/event-stream',
    async handle({ query: { specialist_id } }, context) {
      if (!(await isSpecialist(context.db, specialist_id))) {
        throw refused('specialist_id', `there is no specialist ${specialist_id}`);
      }
      return { body: null, stream: (response, draining) => streamSlots(response, specialist_id, context, draining) };
    },
  }),
] as const;

type SlotsAnswer = AnswerOf<{ 200: typeof slots }>;
type Asked = Wish & { from?: string; days: number };

/** Many who look at the same page at the same moment cost one reading: the answers under way in a process. */
const shared = new WeakMap<Context['fleet'], ReturnType<typeof whileUnderWay<SlotsAnswer>>>();
function sharedOf(fleet: Context['fleet']) {
  const ours = shared.get(fleet) ?? whileUnderWay<SlotsAnswer>();
  shared.set(fleet, ours);
  return ours;
}

async function slotsOf(query: Asked, { db, fleet, now }: Context): Promise<SlotsAnswer> {
  const { zone, bookingNoticeMinutes: noticeMinutes } = fleet.settings;
  const from = demandDay(query.from, dayOf(now, zone));
  const offer = await demandSlotOffer(query, db, fleet);
  const count = Math.max(1, offer.specialists.length);
  if (count > 1 && count * query.days > MOST_DAYS) {
    throw refused('days', `at most ${Math.floor(MOST_DAYS / count)} for ${count} specialists; or name one, or a location_id`);
  }
  const store = slotStoreOf({ backend: fleet.backend, db });
  const found = await freeSlots({ db, store, zone }, offer, { from, days: query.days, now, noticeMinutes });
  const { duration_minutes, break_minutes } = offer;
  const head = { service_id: query.service_id, duration_minutes, break_minutes, zone };
  const any = query.specialist_id === undefined ? anybody(found) : undefined;
  return { body: null, json: slotsAsJson(head, found, any) };
}

/** The first day of an answer. Throws a 422 for one that cannot be booked any more, or not yet (D34). */
export function demandDay(from: string | undefined, today: string, path = 'from'): string {
  if (from === undefined) return today;
  const last = lastDay(today);
  if (from < today || from > last) throw refused(path, `a day from ${today} to ${last}`);
  return from;
}

type Wish = { service_id: number; specialist_id?: number; location_id?: number };

/** The service and who offers it. Throws a 422 that names what does not exist or is not offered. */
export async function demandSlotOffer(wish: Wish, db: Context['db'], fleet: Context['fleet']) {
  const { service_id: serviceId, specialist_id: specialistId, location_id: locationId } = wish;
  const { zone } = fleet.settings;
  const offer = await offersOf(fleet).read(db, { serviceId, specialistId, locationId, zone });
  if (!offer) throw refused('service_id', `there is no service ${serviceId}`);
  if (!offer.is_active) throw refused('service_id', `the service ${serviceId} is not active`);
  const wrongPlace = whyNotThere(locationId, offer);
  if (wrongPlace) throw refused('location_id', wrongPlace);
  if (specialistId !== undefined && offer.specialists.length === 0) {
    throw refused('specialist_id', await whyNotOffered(db, specialistId, serviceId));
  }
  return offer;
}
