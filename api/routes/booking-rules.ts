import { z } from 'zod';
import { bookingRulesRow, findBookingRules, writeBookingRules } from '../../sql/bookings/rules.ts';
import { route } from '../http/route.ts';

const rules = bookingRulesRow.meta({ id: 'BookingRules' });

/** What the studio has decided about bookings. */
export const bookingRulesRoutes = [
  route({
    method: 'get',
    path: '/api/booking-rules',
    summary: 'What the studio has decided about bookings',
    tag: 'bookings',
    scope: 'records:read',
    responses: { 200: rules },
    handle: async (_input, { db }) => ({ body: await findBookingRules(db) }),
  }),
  route({
    method: 'put',
    path: '/api/booking-rules',
    summary: 'Give a discount for starts that leave no gap, or none (0); bookings that were made keep their prices',
    tag: 'bookings',
    scope: 'records:write',
    body: z.strictObject({ fitting_percent: bookingRulesRow.shape.fitting_percent }),
    responses: { 200: rules },
    handle: async ({ body }, { db, caller, now }) => ({ body: await writeBookingRules(db, body, caller.name, now) }),
  }),
] as const;
