import { z } from 'zod';
import { dayOf } from '../../queues/time/calendar.ts';
import { anyDay } from '../../queues/time/days.ts';
import { closeThrough, findPeriod, periodRow } from '../../sql/finance/periods.ts';
import { unacceptable } from '../http/problems.ts';
import { type Route, route } from '../http/route.ts';

const shared = { path: '/api/closed-period', tag: 'money', responses: { 200: periodRow.meta({ id: 'ClosedPeriod' }) } } as const;

/** Days on which nothing is entered any more, since their reports were given away. */
export const periodRoutes: Route[] = [
  route({
    ...shared,
    method: 'get',
    summary: 'Up to which day reports are closed',
    scope: 'money:read',
    handle: async (_input, { db }) => ({ body: await findPeriod(db) }),
  }),
  route({
    ...shared,
    method: 'put',
    summary: 'Close the days up to one, or open them again',
    scope: 'money:write',
    transaction: true,
    body: z.strictObject({
      through: anyDay.nullable().meta({ description: 'the last closed day, before today; null: none is closed' }),
    }),
    async handle({ body }, { db, caller, now, fleet }) {
      const today = dayOf(now, fleet.settings.zone);
      if (body.through !== null && body.through >= today) throw unacceptable('through', `a day before today (${today})`);
      await closeThrough(db, body.through, caller.name);
      return { body: await findPeriod(db) };
    },
  }),
];
