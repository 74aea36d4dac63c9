import { z } from 'zod';
import { addDays, dayOf } from '../../queues/time/calendar.ts';
import { anyDay, endDay, exampleDay } from '../../queues/time/days.ts';
import { listMembers, memberRow } from '../../sql/groups/members.ts';
import { addMember, demandGroup, removeMember } from '../../workers/groups/members.ts';
import { idCursor, idParams, page, pageOf, pageQuery, readCursor } from '../http/paging.ts';
import { route } from '../http/route.ts';
import { idOf } from './fields.ts';
import { released, returnedForPlaces } from './released.ts';

const path = '/api/groups/{id}/members';
const memberItem = memberRow.meta({ id: 'GroupMember' });
const shared = { tag: 'groups' } as const;

export const groupRoutes = [
  route({
    ...shared,
    method: 'get',
    path,
    summary: 'The members of a group',
    scope: 'records:read',
    params: idParams,
    query: z.strictObject({ on: anyDay.optional().meta({ description: 'those who are members on this day' }), ...pageQuery }),
    responses: { 200: pageOf(memberItem) },
    async handle({ params, query }, { db, whose }) {
      await demandGroup(db, params.id);
      const after = readCursor(query.cursor, idCursor) ?? 0;
      const rows = await listMembers(db, { groupId: params.id, on: query.on, whose, after, limit: query.limit + 1 });
      return { body: page(rows, query.limit, (row) => row.id) };
    },
  }),
  route({
    ...shared,
    method: 'post',
    path,
    summary: 'Make a student a member: a place in each training of the group that is generated from then on',
    scope: 'records:write',
    transaction: true,
    params: idParams,
    body: z
      .strictObject({
        student_id: idOf('the student'),
        from: anyDay.optional().meta({ description: 'the first day, by default today' }),
        to: endDay.nullable().optional().meta({ description: 'the last day; null: for good' }),
      })
      .meta({
        get examples() {
          return [{ student_id: 1, from: exampleDay(7), to: null }];
        },
      }),
    responses: { 201: memberItem },
    async handle({ params, body }, { db, fleet, now }) {
      const from = body.from ?? dayOf(now, fleet.settings.zone);
      const member = await addMember(db, { groupId: params.id, studentId: body.student_id, from, to: body.to ?? null });
      return { status: 201, body: member };
    },
  }),
  route({
    ...shared,
    method: 'post',
    path: `${path}/{student_id}/leave`,
    summary: 'End a membership; places in trainings after the last day are released and given back',
    scope: 'money:write',
    transaction: true,
    params: z.object({ id: idParams.shape.id, student_id: idParams.shape.id }),
    body: z.strictObject({ last_day: anyDay.optional().meta({ description: 'by default yesterday: at once' }) }),
    bodyOptional: true,
    responses: { 200: z.object({ released: z.array(released), returned: returnedForPlaces }).meta({ id: 'GroupLeft' }) },
    async handle({ params, body }, { db, fleet, now }) {
      const today = dayOf(now, fleet.settings.zone);
      const lastDay = body.last_day ?? addDays(today, -1);
      return { body: await removeMember(db, { groupId: params.id, studentId: params.student_id, lastDay, today, now }) };
    },
  }),
] as const;
