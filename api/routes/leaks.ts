import { z } from 'zod';
import { instant } from '../../queues/time/days.ts';
import { noteLeak } from '../../workers/people/leaks.ts';
import { unacceptable } from '../http/problems.ts';
import { route } from '../http/route.ts';
import { wording } from '../http/text.ts';

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
      found_at: instant.optional().meta({ description: 'when it was found: from then on the hours count; by default now' }),
    }),
    responses: {
      201: z
        .object({ found_at: z.iso.datetime(), notify_by: z.iso.datetime(), report_by: z.iso.datetime() })
        .meta({ id: 'Leak' }),
    },
    async handle({ body }, context) {
      const foundAt = body.found_at === undefined ? context.now : new Date(body.found_at);
      if (foundAt > context.now) throw unacceptable('found_at', 'an instant that has passed');
      return { status: 201, body: await noteLeak(context.db, { what: body.what, foundAt }, context) };
    },
  }),
] as const;
