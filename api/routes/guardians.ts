import { z } from 'zod';
import { dayOf } from '../../queues/time/calendar.ts';
import { payerOf } from '../../sql/finance/payments.ts';
import { guardianRow, listGuardians } from '../../sql/people/guardians.ts';
import { dismissGuardian, nameGuardian } from '../../workers/people/guardians.ts';
import { idParams } from '../http/paging.ts';
import { Problem } from '../http/problems.ts';
import { route } from '../http/route.ts';

const path = '/api/students/{id}/guardians';
const guardian = guardianRow.meta({ id: 'Guardian' });
const both = z.object({ id: idParams.shape.id, guardian_id: idParams.shape.id });
const shared = { tag: 'students' } as const;

export const guardianRoutes = [
  route({
    ...shared,
    method: 'get',
    path,
    summary: 'Who looks after a student: whoever pays, and whoever was named beside them',
    scope: 'records:read',
    params: idParams,
    responses: { 200: z.object({ items: z.array(guardian) }) },
    async handle({ params }, { db, now, fleet }) {
      if ((await payerOf(db, params.id)) === null) throw new Problem(404, `there is no student ${params.id}`);
      return { body: { items: await listGuardians(db, params.id, dayOf(now, fleet.settings.zone)) } };
    },
  }),
  route({
    ...shared,
    method: 'put',
    transaction: true,
    path: `${path}/{guardian_id}`,
    summary:
      'Let somebody look after a student: they see the child and book for them, until the child is 18 unless allowed longer',
    scope: 'records:write',
    params: both,
    body: z.strictObject({
      allowed_after_18: z.boolean({ error: 'true or false' }).default(false).meta({ description: 'also when the student is 18' }),
    }),
    bodyOptional: true,
    responses: { 200: guardian },
    async handle({ params, body }, { db, now, fleet }) {
      const today = dayOf(now, fleet.settings.zone);
      return { body: (await nameGuardian(db, params.id, params.guardian_id, body.allowed_after_18, today))! };
    },
  }),
  route({
    ...shared,
    method: 'delete',
    transaction: true,
    path: `${path}/{guardian_id}`,
    summary: 'Somebody looks after a student no more; whoever pays does, until another one does',
    scope: 'records:write',
    params: both,
    responses: { 204: z.undefined() },
    async handle({ params }, { db }) {
      await dismissGuardian(db, params.id, params.guardian_id);
      return { status: 204, body: undefined };
    },
  }),
] as const;
