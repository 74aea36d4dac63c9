import { z } from 'zod';
import { dayOf } from '../../queues/time/calendar.ts';
import { anyDay, utcInstant } from '../../queues/time/days.ts';
import { payFrom } from '../../sql/bookings/rows.ts';
import { fittingPercent } from '../../workers/bookings/fitting.ts';
import { dealOfStart } from '../../workers/site/start-deal.ts';
import { tightStarts } from '../../workers/site/tight-starts.ts';
import { idParams } from '../http/paging.ts';
import { route } from '../http/route.ts';
import { oneOf } from './fields.ts';
import { demandDay, demandSlotOffer, idText } from './slots.ts';

const line = z.object({
  kind: z.enum(['service', 'percent', 'fixed', 'fitting']),
  basis_points: z.int().nullable().meta({ description: 'of a discount that is a share, in hundredths of a percent' }),
  minor: z.int().meta({ description: 'what a discount takes off is below zero' }),
});

/** What is to be said before somebody books: which starts cost less, and what one of them costs. */
export const dealRoutes = [
  route({
    method: 'get',
    path: '/slots/fitting',
    summary: 'The free starts of a day that leave no gap of no use, and how much less they cost',
    tag: 'slots',
    scope: 'slots:read',
    query: z.strictObject({ service_id: idText, specialist_id: idText.optional(), day: anyDay }),
    responses: {
      200: z
        .object({
          percent: z.number().meta({ description: 'less than the service costs; 0: nothing' }),
          starts: z.array(z.iso.datetime()),
        })
        .meta({ id: 'FittingStarts' }),
    },
    async handle({ query }, context) {
      const { db, fleet, now } = context;
      const day = demandDay(query.day, dayOf(now, fleet.settings.zone), 'day');
      await demandSlotOffer(query, db, fleet);
      const fitting = await tightStarts({ serviceId: query.service_id, specialistId: query.specialist_id, day }, context);
      return { body: { percent: await fittingPercent(context), starts: [...fitting].sort() } };
    },
  }),
  route({
    method: 'get',
    path: '/api/clients/{id}/deal',
    summary: 'What a start costs a client now, line by line, and how it can be paid; nothing is held by it',
    tag: 'bookings',
    scope: 'bookings:read',
    params: idParams,
    query: z.strictObject({ service_id: idText, specialist_id: idText.optional(), starts_at: utcInstant }),
    responses: {
      200: z
        .object({
          specialist_id: z.int().meta({ description: 'who would give it' }),
          price_minor: z.int(),
          lines: z.array(line),
          pay_from: z.array(oneOf(payFrom)).meta({ description: 'what pays without money stands first' }),
        })
        .meta({ id: 'Deal' }),
    },
    async handle({ params, query }, context) {
      const { specialist_id, priceMinor, lines, ways } = await dealOfStart({ ...query, client_id: params.id }, context);
      const shown = lines.map(({ kind, basisPoints, minor }) => ({ kind, basis_points: basisPoints, minor }));
      return { body: { specialist_id, price_minor: priceMinor, lines: shown, pay_from: [...ways] } };
    },
  }),
] as const;
