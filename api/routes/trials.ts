import { z } from 'zod';
import { giveTrial } from '../../workers/finance/trial.ts';
import { idParams } from '../http/paging.ts';
import { route } from '../http/route.ts';
import { idOf, minor } from './fields.ts';

const given = z
  .object({
    trial_id: z.int(),
    program: z.string(),
    id: z.int().meta({ description: 'the registration' }),
    real_training_id: z.int(),
    student_id: z.int(),
    status: z.string(),
    charged: z.object({ sessions: z.int(), invoices: z.int() }),
  })
  .meta({ id: 'Trial' });

export const trialRoutes = [
  route({
    method: 'post',
    path: '/real-trainings/{id}/trial',
    summary: 'Register somebody for a trial: one per person and program, ever',
    tag: 'real-trainings',
    scope: 'money:write',
    transaction: true,
    params: idParams,
    body: z.strictObject({
      student_id: idOf('the student'),
      price_minor: minor(0).nullable().optional().meta({ description: 'what it costs; null: what the training costs' }),
    }),
    responses: { 201: given },
    async handle({ params, body }, { db, caller, now, requestId }) {
      const of = { trainingId: params.id, studentId: body.student_id, priceMinor: body.price_minor ?? null };
      return { status: 201, body: await giveTrial(db, { ...of, now, by: caller.name, requestId }) };
    },
  }),
] as const;
