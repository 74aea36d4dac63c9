import { z } from 'zod';
import { dayOf } from '../../queues/time/calendar.ts';
import { anyDay } from '../../queues/time/days.ts';
import { findBooking } from '../../sql/bookings/rows.ts';
import { findPlace, placeInClass } from '../../sql/site/places.ts';
import { cancelTerms } from '../../workers/bookings/cancel-terms.ts';
import { freeToLeaveUntil, leaveTerms } from '../../workers/finance/leave-terms.ts';
import { freeUntil } from '../../workers/free-until.ts';
import { startsToMove } from '../../workers/site/move-starts.ts';
import { idParams } from '../http/paging.ts';
import { Problem } from '../http/problems.ts';
import { type Context, route } from '../http/route.ts';

const shared = { method: 'get', tag: 'bookings', scope: 'bookings:read' } as const;
const bookingTerms = z
  .object({
    cancel: z
      .object({
        outcome: z.enum(['safe', 'late']),
        of: z.enum(['package', 'subscription', 'paid', 'owed', 'nothing']).meta({ description: 'what goes back, or is kept' }),
        minor: z.int(),
        free_until: z.iso.datetime(),
      })
      .nullable()
      .meta({ description: 'what a cancellation by the client would mean now; null: it has begun, or is over' }),
    can_move: z.boolean(),
  })
  .meta({ id: 'BookingTerms' });

const bookingOf = async ({ db }: Context, id: number) => {
  const booking = await findBooking(db, id);
  if (!booking) throw new Problem(404, `there is no booking ${id}`);
  return booking;
};

/** What changing one's visit would mean, asked before it is done. */
export const visitTermsRoutes = [
  route({
    ...shared,
    path: '/bookings/{id}/terms',
    summary: 'What cancelling or moving a booking would mean now, to be said before it is done',
    params: idParams,
    responses: { 200: bookingTerms },
    async handle({ params }, context) {
      const booking = await bookingOf(context, params.id);
      const terms = cancelTerms(booking, context.now);
      const free_until = freeUntil(new Date(booking.starts_at)).toISOString();
      const cancel = terms && { ...terms, free_until };
      return { body: { cancel, can_move: terms !== null && booking.status === 'CONFIRMED' } };
    },
  }),
  route({
    ...shared,
    path: '/bookings/{id}/starts',
    summary: 'The starts of a day to which a booking can be moved with the same specialist, over its own time too',
    params: idParams,
    query: z.strictObject({ day: anyDay.optional().meta({ description: 'by default the day on which it is' }) }),
    responses: { 200: z.object({ starts: z.array(z.iso.datetime()) }).meta({ id: 'StartsToMove' }) },
    async handle({ params, query }, context) {
      const booking = await bookingOf(context, params.id);
      const day = query.day ?? dayOf(new Date(booking.starts_at), context.fleet.settings.zone);
      return { body: { starts: await startsToMove(booking, day, context) } };
    },
  }),
  route({
    ...shared,
    tag: 'real-trainings',
    scope: 'records:read',
    path: '/real-trainings/{id}/students/{student_id}/terms',
    summary: 'A student’s place in a training, and what giving it up would mean now',
    params: z.object({ id: idParams.shape.id, student_id: idParams.shape.id }),
    responses: {
      200: placeInClass
        .extend({
          leave: z
            .enum(['safe', 'late', 'unwait'])
            .nullable()
            .meta({ description: 'null: it has begun, is over or was given up' }),
          free_until: z.iso.datetime(),
        })
        .meta({ id: 'PlaceTerms' }),
    },
    async handle({ params }, { db, now }) {
      const place = await findPlace(db, params.id, params.student_id);
      if (!place) throw new Problem(404, `there is no place of the student ${params.student_id} in the training ${params.id}`);
      return { body: { ...place, leave: leaveTerms(place, now), free_until: freeToLeaveUntil(place).toISOString() } };
    },
  }),
] as const;
