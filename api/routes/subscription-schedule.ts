import { z } from 'zod';
import { dayOf } from '../../queues/time/calendar.ts';
import { studentOf } from '../../sql/subscriptions/held.ts';
import { scheduledRow, scheduleOf } from '../../sql/subscriptions/schedule.ts';
import { changeSchedule } from '../../workers/subscriptions/schedule.ts';
import { idParams } from '../http/paging.ts';
import { Problem } from '../http/problems.ts';
import { route } from '../http/route.ts';
import { id } from './fields.ts';
import { released, returnedForPlaces } from './released.ts';

const path = '/api/student-subscriptions/{id}/schedule';
const schedule = z.array(scheduledRow.meta({ id: 'ScheduledTemplate' }));
const shared = { tag: 'subscriptions', params: idParams } as const;

export const subscriptionScheduleRoutes = [
  route({
    ...shared,
    method: 'get',
    path,
    summary: 'The weekly trainings in which a subscription has a standing place',
    scope: 'records:read',
    responses: { 200: z.object({ schedule }) },
    async handle({ params }, { db }) {
      if ((await studentOf(db, params.id)) === null) throw new Problem(404, `there is no subscription ${params.id} of a student`);
      return { body: { schedule: await scheduleOf(db, params.id) } };
    },
  }),
  route({
    ...shared,
    method: 'put',
    path,
    summary:
      'Say in which weekly trainings a subscription has a standing place, from its first to its last day and for no more sessions than are left',
    scope: 'money:write',
    transaction: true,
    body: z
      .strictObject({ training_template_ids: z.array(id).max(50, { error: 'at most 50 ids' }) })
      .meta({ examples: [{ training_template_ids: [1, 2] }] }),
    responses: {
      200: z.object({ schedule, released: z.array(released), returned: returnedForPlaces }).meta({ id: 'SubscriptionSchedule' }),
    },
    async handle({ params, body }, { db, fleet, now }) {
      const today = dayOf(now, fleet.settings.zone);
      return { body: await changeSchedule(db, { heldId: params.id, templateIds: body.training_template_ids, today, now }) };
    },
  }),
] as const;
