import { z } from 'zod';
import { addDays, dayOf } from '../../queues/time/calendar.ts';
import { anyDay, endDay } from '../../queues/time/days.ts';
import { attendanceRow, listAttendances } from '../../sql/attendance/marks.ts';
import { updateRecord } from '../../sql/records/records.ts';
import { markByHand } from '../../workers/attendance/mark.ts';
import { idCursor, idParams, inOrder, instantCursor, page, pageOf, pageQuery, readCursor } from '../http/paging.ts';
import { Problem } from '../http/problems.ts';
import { type Route, route } from '../http/route.ts';
import { textField } from '../http/text.ts';
import { markerOf } from './attendance.ts';
import { idOf, oneOf } from './fields.ts';
import { students } from './people-declarations.ts';
import { recordRoutes } from './records.ts';
import { rosterRoutes } from './roster.ts';
import { trainingRoutes } from './trainings.ts';

/** The same handler under another path, by which programs know it. */
function alias(routes: readonly Route[], method: Route['method'], path: string, as: string): Route {
  const found = routes.find((one) => one.method === method && one.path === path);
  if (!found) throw new TypeError(`there is no route ${method} ${path}`);
  return { ...found, path: as, tag: 'trainings' };
}

const STATUSES = ['REGISTERED', 'PRESENT', 'ABSENT'] as const;
const attendance = attendanceRow.meta({ id: 'Attendance' });

/** The paths by which a studio's own programs know trainings, attendances, payments and students, beside ours. */
export const studioPaths: Route[] = [
  alias(rosterRoutes, 'get', '/real-trainings', '/api/trainings'),
  alias(trainingRoutes, 'post', '/real-trainings', '/api/trainings'),
  alias(rosterRoutes, 'get', '/real-trainings/{id}', '/api/trainings/{id}'),
  route({
    method: 'get',
    path: '/api/attendances',
    summary: 'Who came to what, the latest first; by default the last 30 days',
    tag: 'attendance',
    scope: 'records:read',
    query: inOrder(
      z.strictObject({
        student_id: idParams.shape.id.optional(),
        training_id: idParams.shape.id.optional(),
        status: oneOf(STATUSES).optional(),
        from: anyDay.optional(),
        to: endDay.optional(),
        ...pageQuery,
      }),
      'from',
      'to',
    ),
    responses: { 200: pageOf(attendance) },
    async handle({ query }, { db, whose, now, fleet }) {
      const today = dayOf(now, fleet.settings.zone);
      const rows = await listAttendances(db, {
        studentId: query.student_id,
        trainingId: query.training_id,
        status: query.status,
        from: query.from ?? addDays(today, -30),
        to: query.to ?? addDays(today, 7),
        whose,
        before: readCursor(query.cursor, z.tuple([instantCursor, idCursor])),
        limit: query.limit + 1,
      });
      return { body: page(rows, query.limit, (row) => [row.starts_at, row.id]) };
    },
  }),
  route({
    method: 'post',
    path: '/api/attendances',
    summary: 'Mark one student in one training; the same as the attendance of a training with one mark',
    tag: 'attendance',
    scope: 'records:write',
    transaction: true,
    body: z.strictObject({
      student_id: idOf('the student'),
      training_id: idOf('the training'),
      status: oneOf(['PRESENT', 'ABSENT']).default('PRESENT'),
      notes: textField(500).nullable().optional(),
    }),
    responses: { 200: attendance },
    async handle({ body }, context) {
      const { db, whose } = context;
      const { student_id, training_id: trainingId, status, notes } = body;
      await markByHand(db, trainingId, [{ student_id, status, notes }], { ...markerOf(context), kind: 'person' });
      const [row] = await listAttendances(db, { studentId: student_id, trainingId, whose, limit: 1 });
      if (!row) throw new TypeError(`the mark of ${student_id} in ${trainingId} is gone`);
      return { body: row };
    },
  }),
  {
    ...alias(recordRoutes, 'patch', '/api/students/{id}', '/api/students/{id}'),
    method: 'put',
    summary: 'Change a student; fields that are not given stay as they are',
    tag: 'students',
  },
  route({
    method: 'delete',
    path: '/api/students/{id}',
    summary: 'Deactivate a student: nothing new is made for them, nothing is lost; a second time changes nothing',
    tag: 'students',
    scope: 'records:write',
    transaction: true,
    params: idParams,
    responses: { 204: z.undefined() },
    async handle({ params }, context) {
      await students.demands?.({ id: params.id, before: { is_active: true }, body: { is_active: false } }, context);
      if (!(await updateRecord(context.db, students.kind, params.id, { is_active: false })))
        throw new Problem(404, `there is no student ${params.id}`);
      return { status: 204, body: undefined };
    },
  }),
];
