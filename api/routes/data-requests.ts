import { z } from 'zod';
import { dayOf } from '../../queues/time/calendar.ts';
import { anyDay } from '../../queues/time/days.ts';
import { isPerson } from '../../sql/auth/people.ts';
import { dataRequestKinds, dataRequestRow, listDataRequests } from '../../sql/tasks/data-requests.ts';
import { answerByFile, noteDataRequest } from '../../workers/people/data-requests.ts';
import { demandScope } from '../../workers/rights.ts';
import { idParams } from '../http/paging.ts';
import { Problem, unacceptable } from '../http/problems.ts';
import { route } from '../http/route.ts';
import { wording } from '../http/text.ts';
import { oneOf } from './fields.ts';
import { fileOf, ownData } from './own-data.ts';

const shared = { tag: 'people', params: idParams } as const;
const path = '/api/people/{id}/data-requests';
const requestItem = dataRequestRow.meta({ id: 'DataRequest' });

/** What somebody asks about their own data, and by when they are answered (R30). Each request is a task of the studio's. */
export const dataRequestRoutes = [
  route({
    ...shared,
    method: 'get',
    path,
    summary: 'What somebody asked about their own data: the open requests by their deadline, then the answered ones',
    scope: 'records:read',
    responses: { 200: z.object({ items: z.array(requestItem) }) },
    async handle({ params }, { db }) {
      if (!(await isPerson(db, params.id))) throw new Problem(404, `there is no person ${params.id}`);
      return { body: { items: await listDataRequests(db, params.id) } };
    },
  }),
  route({
    ...shared,
    method: 'post',
    path,
    summary:
      'Note that somebody asked to see, correct or erase their data (10 weekdays), or that it be kept no more (30 days); asked again, the first deadline stays',
    scope: 'records:write',
    transaction: true,
    body: z
      .strictObject({
        kind: oneOf(dataRequestKinds).meta({ description: 'stop: they withdraw what they consented to, and are erased' }),
        note: wording.optional().meta({ description: 'what they said' }),
        asked_on: anyDay.optional().meta({ description: 'the day on which it reached the studio; by default today' }),
      })
      .meta({ examples: [{ kind: 'show' }] }),
    responses: { 201: requestItem },
    async handle({ params, body }, context) {
      const today = dayOf(context.now, context.fleet.settings.zone);
      const askedOn = body.asked_on ?? today;
      if (askedOn > today) throw unacceptable('asked_on', `a day up to today (${today})`);
      const wish = { kind: body.kind, askedOn, note: body.note ?? null };
      return { status: 201, body: await noteDataRequest(context.db, params.id, wish, context) };
    },
  }),
  route({
    ...shared,
    method: 'post',
    path: `${path}/{request_id}/file`,
    summary: 'Everything that is kept of somebody, as a file for their request to see it, which is answered by it',
    scope: 'records:write',
    transaction: true,
    secretAnswer: true,
    params: idParams.extend({ request_id: idParams.shape.id }),
    responses: { 200: ownData.meta({ id: 'AskedData' }) },
    async handle({ params }, context) {
      demandScope(context.caller, 'money:read', 'it holds payments and invoices');
      await answerByFile(context.db, params.id, params.request_id, context.caller.name);
      return fileOf(context, params.id);
    },
  }),
] as const;
