import { z } from 'zod';
import { addDays, dayOf } from '../../queues/time/calendar.ts';
import { anyDay } from '../../queues/time/days.ts';
import { listSiteServices, listSiteSpecialists, siteService, siteSpecialist } from '../../sql/site/catalogue.ts';
import { listClasses, siteClass } from '../../sql/site/classes.ts';
import { firstOf, startsForVisitors } from '../../workers/site/starts.ts';
import { HORIZON_DAYS } from '../../workers/slots/horizon.ts';
import { idParams } from '../http/paging.ts';
import { route } from '../http/route.ts';
import { daysText } from './slots.ts';

const idText = idParams.shape.id;
const MOST_CLASSES = 500;

/** What the booking site shows to everybody. */
export const siteRoutes = [
  route({
    method: 'get',
    path: '/api/site/catalogue',
    summary: 'What can be booked, and with whom; no contacts',
    tag: 'site',
    scope: 'slots:read',
    responses: {
      200: z.object({ services: z.array(siteService), specialists: z.array(siteSpecialist) }).meta({ id: 'Catalogue' }),
    },
    async handle(_input, { db }) {
      const [services, specialists] = await Promise.all([listSiteServices(db), listSiteSpecialists(db)]);
      return { body: { services, specialists } };
    },
  }),
  route({
    method: 'get',
    path: '/slots/counts',
    summary: 'How many free starts a service has on each day, and the first one; by default of every day that can be booked',
    tag: 'site',
    scope: 'slots:read',
    query: z.strictObject({ service_id: idText, specialist_id: idText.optional(), days: daysText.default(HORIZON_DAYS) }),
    responses: {
      200: z
        .object({
          zone: z.string().meta({ description: 'the time zone of the dates' }),
          first: z.iso.datetime().nullable(),
          days: z.array(z.object({ date: z.iso.date(), starts: z.int() })),
        })
        .meta({ id: 'SlotCounts' }),
    },
    async handle({ query }, context) {
      const { service_id: serviceId, specialist_id: specialistId, days: asked } = query;
      const days = await startsForVisitors({ serviceId, specialistId, days: asked }, context);
      const counts = days.map(({ date, starts }) => ({ date, starts: starts.length }));
      return { body: { zone: context.fleet.settings.zone, first: firstOf(days), days: counts } };
    },
  }),
  route({
    method: 'get',
    path: '/api/site/classes',
    summary: 'Classes to come with their free places; by default of the next 14 days',
    tag: 'site',
    scope: 'slots:read',
    query: z.strictObject({ from: anyDay.optional().meta({ description: 'by default today' }), days: daysText.default(14) }),
    responses: { 200: z.object({ items: z.array(siteClass.meta({ id: 'SiteClass' })) }) },
    async handle({ query }, { db, fleet, now }) {
      const from = query.from ?? dayOf(now, fleet.settings.zone);
      const to = addDays(from, query.days - 1);
      return { body: { items: await listClasses(db, { from, to, after: now, limit: MOST_CLASSES }) } };
    },
  }),
] as const;
