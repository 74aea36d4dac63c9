import { z } from 'zod';
import { undoKinds } from '../../sql/undo/undos.ts';
import { takeBack } from '../../workers/undo/undo.ts';
import { idParams } from '../http/paging.ts';
import { problemBody } from '../http/problems.ts';
import { route } from '../http/route.ts';

export const undoRoutes = [
  route({
    method: 'post',
    path: '/undo/{id}',
    summary: 'Take a change back within ten seconds, with every message of it',
    tag: 'undo',
    scope: ['records:write', 'trainings:cancel', 'bookings:write'],
    params: idParams,
    body: z.strictObject({}),
    bodyOptional: true,
    responses: {
      200: z.object({ kind: z.enum(undoKinds), subject_id: z.int(), undone_at: z.iso.datetime() }).meta({ id: 'Undone' }),
      409: problemBody.extend({ until: z.iso.datetime().optional() }),
    },
    handle: async ({ params }, context) => ({ body: await takeBack(params.id, context) }),
  }),
] as const;
