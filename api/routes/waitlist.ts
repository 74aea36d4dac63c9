import { z } from 'zod';
import { findTraining } from '../../sql/trainings/roster.ts';
import { listWaiting, waitingRow } from '../../sql/trainings/waitlist.ts';
import { enrolOneself } from '../../workers/trainings/enrol-oneself.ts';
import { joinWaitlist, leaveWaitlist } from '../../workers/trainings/waitlist.ts';
import { idParams } from '../http/paging.ts';
import { Problem } from '../http/problems.ts';
import { route } from '../http/route.ts';
import { idOf } from './fields.ts';

const path = '/real-trainings/{id}/waitlist';
const waitingItem = waitingRow.meta({ id: 'Waiting' });
const shared = { tag: 'real-trainings' } as const;

export const waitlistRoutes = [
  route({
    ...shared,
    method: 'get',
    path,
    summary: 'The waitlist of a training, in the order in which places are given',
    scope: 'records:read',
    params: idParams,
    responses: { 200: z.object({ items: z.array(waitingItem) }) },
    async handle({ params }, { db, whose }) {
      if (!(await findTraining(db, params.id))) throw new Problem(404, `there is no training ${params.id}`);
      return { body: { items: await listWaiting(db, params.id, whose) } };
    },
  }),
  route({
    ...shared,
    method: 'post',
    path,
    summary: 'Wait for a place in a full training: nothing is charged unless one becomes free',
    scope: 'money:write',
    transaction: true,
    params: idParams,
    body: z.strictObject({ student_id: idOf('the student') }),
    responses: { 200: waitingItem },
    async handle({ params, body }, context) {
      const { db, now } = context;
      const asked = { trainingId: params.id, studentId: body.student_id };
      await enrolOneself(context, asked);
      return { body: await joinWaitlist(db, { ...asked, now }) };
    },
  }),
  route({
    ...shared,
    method: 'delete',
    path: `${path}/{student_id}`,
    summary: 'Leave a waitlist',
    scope: 'money:write',
    transaction: true,
    params: z.object({ id: idParams.shape.id, student_id: idParams.shape.id }),
    responses: { 204: z.undefined() },
    async handle({ params }, { db, now }) {
      await leaveWaitlist(db, { trainingId: params.id, studentId: params.student_id, now });
      return { status: 204, body: undefined };
    },
  }),
] as const;
