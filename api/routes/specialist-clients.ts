import { z } from 'zod';
import { addDays, dayOf } from '../../queues/time/calendar.ts';
import { listTrained, trainedRow } from '../../sql/people/trained.ts';
import { idCursor, idParams, page, pageOf, pageQuery, readCursor } from '../http/paging.ts';
import { route } from '../http/route.ts';

const DAYS = 90;

export const specialistClientRoutes = [
  route({
    method: 'get',
    path: '/api/specialists/{id}/clients',
    summary: 'Whom a trainer trained in the last 90 days, or will train',
    tag: 'specialists',
    scope: 'records:read',
    params: idParams,
    query: z.strictObject(pageQuery),
    responses: { 200: pageOf(trainedRow.meta({ id: 'TrainedClient' })) },
    async handle({ params, query }, { db, now, fleet }) {
      const rows = await listTrained(db, {
        trainerId: params.id,
        from: addDays(dayOf(now, fleet.settings.zone), -DAYS),
        now: now.toISOString(),
        after: readCursor(query.cursor, z.tuple([z.string().max(300), idCursor])),
        limit: query.limit + 1,
      });
      return { body: page(rows, query.limit, (row) => [row.name, row.id]) };
    },
  }),
] as const;
