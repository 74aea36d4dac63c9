import { z } from 'zod';
import { flag } from '../../queues/jobs/run-definition.ts';
import { anyDay } from '../../queues/time/days.ts';
import { findTrainings } from '../../sql/trainings/roster.ts';
import { cancelSeries, createSeries, MOST_TRAININGS } from '../../workers/trainings/series.ts';
import { undoOffer } from '../../workers/undo/offer.ts';
import { idParams, inOrder } from '../http/paging.ts';
import { problemBody } from '../http/problems.ts';
import { route } from '../http/route.ts';
import { time, whole } from './fields.ts';
import { reasonBody } from './money.ts';
import { trainingItem } from './roster.ts';
import { conflict, newTraining } from './training-fields.ts';

const WEEKDAYS = 'weekdays from 1 (Monday) to 7, each once';
const weekdays = z
  .array(whole(1, 7), { error: WEEKDAYS })
  .min(1, { error: WEEKDAYS })
  .max(7, { error: WEEKDAYS })
  .refine((days) => new Set(days).size === days.length, { error: WEEKDAYS })
  .meta({ examples: [[1, 3]] });
const shared = { tag: 'real-trainings' } as const;
const occasion = z.object({
  training_date: z.iso.date(),
  start_time: z.string(),
  starts_at: z.iso.datetime(),
  ends_at: z.iso.datetime(),
});

/** Single trainings that are made together. */
export const seriesRoutes = [
  route({
    ...shared,
    method: 'post',
    path: '/real-trainings/series',
    scope: 'records:write',
    summary: `Make trainings on weekdays at a wall time of the studio, all or none; at most ${MOST_TRAININGS}`,
    body: inOrder(
      z.strictObject({
        weekdays,
        start_time: time,
        from: anyDay,
        until: anyDay.meta({ description: 'inclusive' }),
        ...newTraining,
        dry_run: flag.default(false),
      }),
      'from',
      'until',
    ),
    responses: {
      200: z
        .object({ dry_run: z.literal(true), occasions: z.array(occasion), conflicts: z.array(conflict) })
        .meta({ id: 'PlannedSeries' }),
      201: z
        .object({ series_id: z.int(), trainings: z.array(trainingItem), undo: undoOffer.nullable() })
        .meta({ id: 'MadeSeries' }),
      409: problemBody.extend({ conflicts: z.array(conflict).optional() }),
    },
    async handle({ body }, context) {
      const { times, ids, conflicts, undo } = await createSeries(body, context);
      if (body.dry_run) return { body: { dry_run: true as const, occasions: [...times], conflicts } };
      const trainings = await findTrainings(context.db, ids);
      return { status: 201, body: { series_id: trainings[0]?.series_id as number, trainings, undo } };
    },
  }),
  route({
    ...shared,
    method: 'post',
    path: '/real-trainings/series/{id}/cancel',
    scope: 'trainings:cancel',
    summary: 'Call off a series from a day on: everything is given back, everyone is told',
    params: idParams,
    body: reasonBody.extend({ from: anyDay.meta({ description: 'this day and all that follow' }) }),
    responses: {
      200: z
        .object({ series_id: z.int(), cancelled: z.array(z.int()), undo: undoOffer.nullable() })
        .meta({ id: 'CancelledSeries' }),
    },
    handle: async ({ params, body }, context) => ({ body: await cancelSeries(params.id, body, context) }),
  }),
] as const;
