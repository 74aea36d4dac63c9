import { z } from 'zod';
import { undoKinds } from '../../sql/undo/undos.ts';
import { takeBack } from '../../workers/undo/undo.ts';
import { idParams } from '../http/paging.ts';
import { problemBody } from '../http/problems.ts';
import { route } from '../http/route.ts';
import { id } from './fields.ts';

const MOST_TOGETHER = 500;

export const undoRoutes = [
  route({
    method: 'post',
    path: '/undo/{id}',
    summary: 'Take a change back within ten seconds, with every message of it; with others that were made together, all or none',
    tag: 'undo',
    scope: ['records:write', 'trainings:cancel', 'bookings:write'],
    params: idParams,
    body: z.strictObject({
      also: z
        .array(id)
        .max(MOST_TOGETHER, { error: `at most ${MOST_TOGETHER} ids` })
        .optional()
        .meta({ description: 'other changes to take back in the same transaction', examples: [[1]] }),
    }),
    bodyOptional: true,
    responses: {
      200: z.object({ kind: z.enum(undoKinds), subject_id: z.int(), undone_at: z.iso.datetime() }).meta({ id: 'Undone' }),
      409: problemBody.extend({ until: z.iso.datetime().optional() }),
    },
    handle: async ({ params, body }, context) => ({ body: await takeBack(params.id, context, body.also) }),
  }),
] as const;
