import { z } from 'zod';
import { loadYear } from '../../workers/calendar/years.ts';
import { route } from '../http/route.ts';
import { calendarDayFields, country } from './calendar-days.ts';

const YEAR = 'a year from 2000 to 2100';
const year = z
  .string({ error: YEAR })
  .regex(/^(20\d\d|2100)$/, { error: YEAR })
  .meta({ examples: ['2026'] });

/** A country's calendar, a year at a time (R17). */
export const calendarYearRoutes = [
  route({
    method: 'put',
    path: '/api/calendar-years/{country}/{year}',
    summary:
      "Load a country's closed days of a year: those given, or without days those that come with the fleet. Twice changes nothing",
    tag: 'calendar-days',
    scope: 'records:write',
    transaction: true,
    params: z.object({ country, year }),
    body: z
      .strictObject({
        days: z
          .array(z.strictObject(calendarDayFields), { error: 'at most 366 days' })
          .max(366, { error: 'at most 366 days' })
          .optional(),
      })
      .meta({ examples: [{}] }),
    bodyOptional: true,
    responses: { 200: z.object({ written: z.int(), removed: z.int() }).meta({ id: 'CalendarLoaded' }) },
    handle: async ({ params, body }, { db }) => ({
      body: await loadYear(db, { country: params.country, year: Number(params.year), days: body.days }),
    }),
  }),
] as const;
