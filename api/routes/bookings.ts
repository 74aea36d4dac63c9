import { z } from 'zod';
import { endOfDay, startOfDay } from '../../queues/time/calendar.ts';
import { anyDay, endDay, exampleDay, exampleInstant, utcInstant } from '../../queues/time/days.ts';
import { type Booking, bookingRow, findBooking, listBookings, payFrom, statuses } from '../../sql/bookings/rows.ts';
import { book } from '../../workers/bookings/book.ts';
import { bookingCancelled, cancelBooking, cancellers } from '../../workers/bookings/cancel.ts';
import { closePast, reopen } from '../../workers/bookings/close.ts';
import { moveConsequences, moveObstacles } from '../../workers/bookings/move-consequences.ts';
import { reschedule, wouldReschedule } from '../../workers/bookings/reschedule.ts';
import { bookSeries } from '../../workers/bookings/series.ts';
import { Refused } from '../../workers/refusal.ts';
import { undoOffer } from '../../workers/undo/offer.ts';
import { idCursor, idParams, inOrder, instantCursor, page, pageOf, pageQuery, readCursor } from '../http/paging.ts';
import { Problem, problemBody } from '../http/problems.ts';
import { type Context, route } from '../http/route.ts';
import { undone } from '../http/undone.ts';
import { seenVersion } from '../http/version.ts';
import { id, idOf, isDry, minor, oneOf, whole } from './fields.ts';
import { reasonBody } from './money.ts';

/** What a booking costs and who pays is null to a trainer. */
export const bookingItem = bookingRow
  .extend({
    service_price_minor: bookingRow.shape.service_price_minor.nullable(),
    price_minor: bookingRow.shape.price_minor.nullable(),
    discounts: bookingRow.shape.discounts.nullable(),
    pay_from: bookingRow.shape.pay_from.nullable(),
    payer_id: bookingRow.shape.payer_id.nullable(),
  })
  .meta({ id: 'Booking' });
const shared = { tag: 'bookings' } as const;
const read = { ...shared, scope: 'bookings:read' } as const;
const write = { ...shared, scope: 'bookings:write' } as const;
export const slotsTakenBody = problemBody.extend({
  slots: z.array(z.iso.datetime()).optional().meta({ description: 'starts of that day that this client can still have' }),
});

const found = async (db: Context['db'], bookingId: number) => {
  const booking = await findBooking(db, bookingId);
  if (!booking) throw new Problem(404, `there is no booking ${bookingId}`);
  return booking;
};

const wish = {
  client_id: idOf('the client; students are clients too'),
  service_id: id,
  specialist_id: idOf('the specialist; by default whoever is free').optional(),
  room_id: id.optional().meta({ description: "by default the first free one of the service's rooms" }),
  location_id: id.optional(),
  starts_at: utcInstant,
  pay_from: oneOf(payFrom).default('later').meta({ description: 'subscription: a session of one that covers the service' }),
};
const mostMinor = minor(0)
  .optional()
  .meta({ description: 'the price as it was said: where it is more by now, nothing is booked (409)' });
const conflicts = z.array(z.object({ starts_at: z.iso.datetime(), detail: z.string() }));
const seriesBooked = z
  .object({ dry_run: z.boolean(), bookings: z.array(bookingItem), conflicts })
  .meta({ id: 'BookingSeries', description: 'of a dry run the bookings as they would be; their ids are nobody’s' });

export const bookingRoutes = [
  route({
    ...write,
    method: 'post',
    path: '/bookings',
    summary: 'Book: one of many simultaneous requests for a slot gets it, the others get 409 with what is still free',
    body: z.strictObject({ ...wish, most_minor: mostMinor }).meta({
      get examples() {
        return [{ client_id: 1, service_id: 1, starts_at: exampleInstant(7), pay_from: 'later' as const }];
      },
    }),
    responses: { 201: bookingItem, 409: slotsTakenBody },
    async handle({ body }, context) {
      const bookingId = await book(body, context);
      return { status: 201, body: await found(context.db, bookingId), headers: { Location: `/bookings/${bookingId}` } };
    },
  }),
  route({
    ...write,
    method: 'post',
    path: '/bookings/series',
    summary: 'Book the same time every so many weeks until a day: all of it, or nothing with what is in the way (409)',
    transaction: true,
    body: z
      .strictObject({
        ...wish,
        every_weeks: whole(1, 52),
        until: endDay.meta({ description: 'the last day, inclusive' }),
        dry_run: isDry,
      })
      .meta({
        get examples() {
          const first = { client_id: 1, service_id: 1, starts_at: exampleInstant(7), pay_from: 'later' as const };
          return [{ ...first, every_weeks: 1, until: exampleDay(30), dry_run: true }];
        },
      }),
    responses: { 200: seriesBooked, 201: seriesBooked, 409: problemBody.extend({ conflicts: conflicts.optional() }) },
    async handle({ body: { dry_run, ...series } }, context) {
      const act = async (db: Context['db']) => {
        const { made, conflicts } = await bookSeries(series, { ...context, db });
        if (conflicts.length > 0 && !dry_run) throw new Refused('conflict', 'not all of the series can be booked', { conflicts });
        const bookings: Booking[] = [];
        for (const bookingId of made) bookings.push(await found(db, bookingId));
        return { dry_run, bookings, conflicts };
      };
      if (dry_run) return { status: 200, body: await undone(context, act) };
      return { status: 201, body: await act(context.db) };
    },
  }),
  route({
    ...read,
    method: 'get',
    path: '/bookings',
    summary: 'Bookings in order of their start',
    query: inOrder(
      z.strictObject({
        client_id: idParams.shape.id.optional(),
        specialist_id: idParams.shape.id.optional(),
        from: anyDay.optional(),
        to: endDay.optional().meta({ description: 'inclusive' }),
        status: oneOf(statuses).optional(),
        ...pageQuery,
      }),
      'from',
      'to',
    ),
    responses: { 200: pageOf(bookingItem) },
    async handle({ query }, { db, fleet: { settings }, whose }) {
      const rows = await listBookings(db, {
        whose,
        clientId: query.client_id,
        specialistId: query.specialist_id,
        from: query.from && startOfDay(query.from, settings.zone),
        to: query.to && endOfDay(query.to, settings.zone),
        status: query.status,
        after: readCursor(query.cursor, z.tuple([instantCursor, idCursor])),
        limit: query.limit + 1,
      });
      return { body: page(rows, query.limit, (row) => [row.starts_at, row.id]) };
    },
  }),
  route({
    ...read,
    method: 'get',
    path: '/bookings/{id}',
    summary: 'One booking',
    params: idParams,
    responses: { 200: bookingItem },
    handle: async ({ params }, { db }) => ({ body: await found(db, params.id) }),
  }),
  route({
    ...write,
    method: 'post',
    path: '/bookings/{id}/cancel',
    summary:
      'Cancel a booking: by the client until 12 h before its start everything goes back, after that it is kept; by the studio always, also once it was noted as completed',
    transaction: true,
    params: idParams,
    body: reasonBody.extend({
      by: oneOf(cancellers).default('client').meta({ description: 'whose wish it is; by the studio everything goes back' }),
    }),
    responses: { 200: bookingCancelled },
    handle: async ({ params, body }, context) => ({ body: await cancelBooking(context.db, params.id, body, context) }),
  }),
  route({
    ...write,
    method: 'post',
    path: '/bookings/{id}/reschedule',
    summary:
      'Move a booking; price and payment stay. When the new time is taken it stays where it was (409); with dry_run it is only said what the move would mean',
    params: idParams,
    body: z
      .strictObject({
        starts_at: utcInstant,
        specialist_id: idOf('the specialist; by default the same').optional(),
        room_id: id.optional(),
        version: whole(1, 2_147_483_647)
          .optional()
          .meta({ description: 'the version you saw: of another one nothing is moved (409); or the header If-Match' }),
        dry_run: isDry,
      })
      .meta({
        get examples() {
          return [{ starts_at: exampleInstant(7), version: 1, dry_run: true }];
        },
      }),
    responses: {
      200: bookingItem
        .extend({
          dry_run: z.boolean(),
          consequences: moveConsequences,
          undo: undoOffer.nullable().meta({ description: 'null: nothing was moved, or it was there already' }),
        })
        .meta({ id: 'MovedBooking' }),
      409: slotsTakenBody.extend({
        obstacles: moveObstacles.optional(),
        version: z.int().optional().meta({ description: 'the version it is now, where another one was seen' }),
      }),
    },
    async handle({ params, body: { dry_run, ...wish } }, context) {
      const asked = { ...wish, version: seenVersion(wish.version, context.ifMatch) };
      const done = dry_run
        ? { consequences: await undone(context, (db) => wouldReschedule(params.id, asked, { ...context, db })), undo: null }
        : await reschedule(params.id, asked, context);
      return { body: { ...(await found(context.db, params.id)), dry_run, ...done } };
    },
  }),
  route({
    ...write,
    method: 'post',
    path: '/bookings/{id}/close',
    summary: 'Note whether the client of a booking that has begun came',
    transaction: true,
    params: idParams,
    body: z.strictObject({ status: oneOf(['COMPLETED', 'NO_SHOW']) }),
    responses: { 200: bookingItem },
    async handle({ params, body }, context) {
      await closePast(context.db, params.id, body.status, context.now);
      return { body: await found(context.db, params.id) };
    },
  }),
  route({
    ...write,
    method: 'post',
    path: '/bookings/{id}/reopen',
    summary: 'Take back what was noted of a booking: it is confirmed again; a second time changes nothing',
    transaction: true,
    params: idParams,
    body: z.strictObject({}),
    bodyOptional: true,
    responses: { 200: bookingItem },
    async handle({ params }, context) {
      await reopen(context.db, params.id);
      return { body: await found(context.db, params.id) };
    },
  }),
] as const;
