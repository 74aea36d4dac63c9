import { z } from 'zod';
import { noteLeak } from '../../workers/people/leaks.ts';
import { route } from '../http/route.ts';
import { wording } from '../http/text.ts';

const HOUR_MS = 3_600_000;
const HOURS = 'whole hours, 0 to 72';

export const leakRoutes = [
  route({
    method: 'post',
    path: '/api/leaks',
    tag: 'people',
    summary: 'Personal data leaked: writes the tasks of the next 24 and 72 hours (R30)',
    scope: 'tasks:write',
    transaction: true,
    body: z.strictObject({
      what: wording.meta({ description: 'what leaked, and how it was noticed' }),
      hours_ago: z
        .int({ error: HOURS })
        .min(0, { error: HOURS })
        .max(72, { error: HOURS })
        .default(0)
        .meta({ description: 'how long ago it was found: from then on the hours count' }),
    }),
    responses: {
      201: z
        .object({ found_at: z.iso.datetime(), notify_by: z.iso.datetime(), report_by: z.iso.datetime() })
        .meta({ id: 'Leak' }),
    },
    async handle({ body }, context) {
      const foundAt = new Date(context.now.getTime() - body.hours_ago * HOUR_MS);
      return { status: 201, body: await noteLeak(context.db, { what: body.what, foundAt }, context) };
    },
  }),
] as const;
