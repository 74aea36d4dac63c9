import { z } from 'zod';
import { dayOf } from '../../queues/time/calendar.ts';
import { exampleInstant, utcInstant } from '../../queues/time/days.ts';
import { bookVisitAt } from '../../workers/site/book-visit.ts';
import { LEAST_SERVICES, MOST_SERVICES, visitStarts } from '../../workers/site/visit-starts.ts';
import { HORIZON_DAYS } from '../../workers/slots/horizon.ts';
import { unacceptable } from '../http/problems.ts';
import { route } from '../http/route.ts';
import { bookingItem, slotsTakenBody } from './bookings.ts';
import { id, idOf } from './fields.ts';
import { daysText } from './slots.ts';

const PARTS = /^\d{1,9}(-\d{1,9})?(\.\d{1,9}(-\d{1,9})?){1,3}$/;
const parts = z
  .string()
  .refine((text) => PARTS.test(text), { error: 'two to four services, such as 12.7-5' })
  .meta({
    description: 'services in their order, each with a specialist or without: 12.7-5',
    examples: ['1.2'],
    override: { pattern: PARTS.source },
  });
const readParts = (text: string) =>
  text.split('.').map((part) => {
    const [serviceId, specialistId] = part.split('-').map(Number) as [number, number?];
    return { serviceId, specialistId };
  });

/** Several services in one visit. */
export const visitRoutes = [
  route({
    method: 'get',
    path: '/slots/visits',
    summary: 'When several services can follow each other in one visit, day by day; by default of every day that can be booked',
    tag: 'slots',
    scope: 'slots:read',
    query: z.strictObject({ parts, days: daysText.default(HORIZON_DAYS) }),
    responses: {
      200: z
        .object({
          zone: z.string().meta({ description: 'the time zone of the dates' }),
          days: z.array(z.object({ date: z.iso.date(), starts: z.array(z.iso.datetime()) })),
        })
        .meta({ id: 'VisitSlots' }),
    },
    async handle({ query }, context) {
      const { zone } = context.fleet.settings;
      const wishes = readParts(query.parts);
      if (new Set(wishes.map(({ serviceId }) => serviceId)).size < wishes.length)
        throw unacceptable('parts', 'each service once', 'query');
      const days = await visitStarts({ wishes, from: dayOf(context.now, zone), days: query.days }, context);
      return { body: { zone, days: days.map(({ date, starts }) => ({ date, starts })) } };
    },
  }),
  route({
    method: 'post',
    path: '/bookings/visits',
    summary:
      'Book several services that follow each other in one visit: all of them, or none (409, with the starts that are free)',
    tag: 'bookings',
    scope: 'bookings:write',
    body: z
      .strictObject({
        client_id: idOf('the client; students are clients too'),
        services: z
          .array(z.strictObject({ service_id: id, specialist_id: idOf('the specialist; by default whoever is free').optional() }))
          .min(LEAST_SERVICES)
          .max(MOST_SERVICES)
          .meta({ description: 'in their order, each once', examples: [[{ service_id: 1 }, { service_id: 2 }]] }),
        starts_at: utcInstant,
      })
      .meta({
        get examples() {
          return [{ client_id: 1, services: [{ service_id: 1 }, { service_id: 2 }], starts_at: exampleInstant(7) }];
        },
      }),
    responses: { 201: z.object({ bookings: z.array(bookingItem) }).meta({ id: 'BookedVisit' }), 409: slotsTakenBody },
    async handle({ body }, context) {
      const wishes = body.services.map(({ service_id, specialist_id }) => ({
        serviceId: service_id,
        specialistId: specialist_id,
      }));
      if (new Set(wishes.map(({ serviceId }) => serviceId)).size < wishes.length)
        throw unacceptable('services', 'each service once');
      const bookings = await bookVisitAt({ clientId: body.client_id, wishes, startsAt: body.starts_at }, context);
      return { status: 201, body: { bookings } };
    },
  }),
] as const;
