import { z } from 'zod';
import { dayOf } from '../../queues/time/calendar.ts';
import { exampleInstant, utcInstant } from '../../queues/time/days.ts';
import { bookTogetherAt } from '../../workers/site/book-together.ts';
import { LEAST_PEOPLE, MOST_PEOPLE, togetherStarts } from '../../workers/site/together-starts.ts';
import { HORIZON_DAYS } from '../../workers/slots/horizon.ts';
import { unacceptable } from '../http/problems.ts';
import { route } from '../http/route.ts';
import { bookingItem, slotsTakenBody } from './bookings.ts';
import { id, idOf } from './fields.ts';
import { daysText, idText } from './slots.ts';

const count = z
  .string()
  .refine((text) => /^\d{1,2}$/.test(text) && Number(text) >= LEAST_PEOPLE && Number(text) <= MOST_PEOPLE, {
    error: `${LEAST_PEOPLE} to ${MOST_PEOPLE} people`,
  })
  .transform(Number)
  .meta({ description: 'how many people', examples: ['3'], override: { pattern: '^([2-9]|10)$' } });
const NAMED = /^\d{1,9}(\.\d{1,9}){0,9}$/;
const named = z
  .string()
  .refine((text) => NAMED.test(text), { error: 'specialists, such as 5.7' })
  .transform((text) => text.split('.').map(Number))
  .meta({ description: 'specialists who must be among those who are free: 5.7', override: { pattern: NAMED.source } });
const isDistinct = (all: readonly number[]) => new Set(all).size === all.length;

/** One service for several people at the same time. */
export const togetherRoutes = [
  route({
    method: 'get',
    path: '/slots/together',
    summary:
      'When several people can begin a service at the same time, each with another specialist of one place, day by day; by default of every day that can be booked',
    tag: 'slots',
    scope: 'slots:read',
    query: z.strictObject({ service_id: idText, people: count, with: named.optional(), days: daysText.default(HORIZON_DAYS) }),
    responses: {
      200: z
        .object({
          zone: z.string().meta({ description: 'the time zone of the dates' }),
          days: z.array(z.object({ date: z.iso.date(), starts: z.array(z.iso.datetime()) })),
        })
        .meta({ id: 'TogetherSlots' }),
    },
    async handle({ query }, context) {
      const { zone } = context.fleet.settings;
      const { service_id: serviceId, people, with: chosen = [], days } = query;
      if (!isDistinct(chosen) || chosen.length > people)
        throw unacceptable('with', 'at most so many as people, each once', 'query');
      const found = await togetherStarts({ serviceId, people, named: chosen, from: dayOf(context.now, zone), days }, context);
      return { body: { zone, days: found.map(({ date, starts }) => ({ date, starts })) } };
    },
  }),
  route({
    method: 'post',
    path: '/bookings/together',
    summary:
      'Book a service for several people who come at the same time, each to another specialist of one place: all of them, or none (409, with the starts that suit so many)',
    tag: 'bookings',
    scope: 'bookings:write',
    body: z
      .strictObject({
        service_id: id,
        people: z
          .array(
            z.strictObject({
              client_id: idOf('the client; students are clients too'),
              specialist_id: idOf('the specialist; by default whoever is free').optional(),
            }),
          )
          .min(LEAST_PEOPLE)
          .max(MOST_PEOPLE)
          .meta({ description: 'each once, and each with another specialist', examples: [[{ client_id: 1 }, { client_id: 2 }]] }),
        starts_at: utcInstant,
      })
      .meta({
        get examples() {
          return [{ service_id: 1, people: [{ client_id: 1 }, { client_id: 2 }], starts_at: exampleInstant(7) }];
        },
      }),
    responses: { 201: z.object({ bookings: z.array(bookingItem) }).meta({ id: 'BookedTogether' }), 409: slotsTakenBody },
    async handle({ body }, context) {
      const people = body.people.map(({ client_id, specialist_id }) => ({ clientId: client_id, specialistId: specialist_id }));
      if (!isDistinct(people.map(({ clientId }) => clientId))) throw unacceptable('people', 'each client once');
      if (!isDistinct(people.flatMap(({ specialistId }) => specialistId ?? [])))
        throw unacceptable('people', 'each specialist once');
      const bookings = await bookTogetherAt({ serviceId: body.service_id, people, startsAt: body.starts_at }, context);
      return { status: 201, body: { bookings } };
    },
  }),
] as const;
