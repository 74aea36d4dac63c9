import { z } from 'zod';
import { addDays, dayOf } from '../../queues/time/calendar.ts';
import { anyDay, endDay } from '../../queues/time/days.ts';
import { countVisits, listVisits, markRow, marksOf, visitCounts, visitRow } from '../../sql/attendance/marks.ts';
import { namesOf } from '../../sql/auth/people.ts';
import { findTraining, seatRow, seatsOf, trainingRow } from '../../sql/trainings/roster.ts';
import { checkIn, makeCheckInCode } from '../../workers/attendance/check-in.ts';
import { type Marker, markByHand } from '../../workers/attendance/mark.ts';
import { idCursor, idParams, inOrder, instantCursor, page, pageOf, pageQuery, readCursor } from '../http/paging.ts';
import { Problem } from '../http/problems.ts';
import { type Context, route } from '../http/route.ts';
import { textField } from '../http/text.ts';
import { idOf, oneOf } from './fields.ts';

const MOST_MARKS = 500;
const marksBody = z.strictObject({
  marks: z
    .array(
      z.strictObject({
        student_id: idOf('the student'),
        status: oneOf(['PRESENT', 'ABSENT']),
        excused: z
          .boolean({ error: 'true or false' })
          .optional()
          .meta({ description: 'with ABSENT, by administrators: what was charged is given back; not said: as it is' }),
        notes: textField(500).nullable().optional(),
      }),
      { error: `1 to ${MOST_MARKS} marks` },
    )
    .min(1, { error: `1 to ${MOST_MARKS} marks` })
    .max(MOST_MARKS, { error: `1 to ${MOST_MARKS} marks` })
    .meta({ examples: [[{ student_id: 1, status: 'PRESENT' }]] }),
});
const code = z.object({ digits: z.string(), token: z.string(), expires_at: z.iso.datetime() }).meta({ id: 'CheckInCode' });
const checkedIn = z
  .object({
    student_id: z.int(),
    student: z.string(),
    real_training_id: z.int(),
    training_type: z.string(),
    starts_at: z.iso.datetime(),
  })
  .meta({ id: 'CheckedIn' });

/** Administrators mark always, trainers their own; of a key, whoever has the route's scope is an administrator. */
export const markerOf = ({ caller, whose, now, fleet }: Context): Omit<Marker, 'kind'> => ({
  author: caller.name,
  trainerId: whose.everything ? null : whose.trainer,
  now,
  today: dayOf(now, fleet.settings.zone),
});

export const attendanceRoutes = [
  route({
    method: 'post',
    path: '/real-trainings/{id}/attendance',
    summary:
      'Mark who came and who did not; whoever is not named stays as they are. From an hour before the start; trainers up to seven days after it',
    tag: 'attendance',
    scope: 'records:write',
    transaction: true,
    params: idParams,
    body: marksBody,
    responses: { 200: trainingRow.extend({ changed: z.int(), students: z.array(seatRow) }) },
    async handle({ params, body }, context) {
      const { db, whose } = context;
      const changed = await markByHand(db, params.id, body.marks, { ...markerOf(context), kind: 'person' });
      const training = await findTraining(db, params.id);
      if (!training) throw new Problem(404, `there is no training ${params.id}`);
      return { body: { ...training, changed, students: await seatsOf(db, params.id, whose) } };
    },
  }),
  route({
    method: 'get',
    path: '/real-trainings/{id}/students/{student_id}/marks',
    summary: 'Every mark of a student in a training that a person made, with its author and time',
    tag: 'attendance',
    scope: 'records:read',
    params: z.object({ id: idParams.shape.id, student_id: idParams.shape.id }),
    responses: { 200: z.object({ items: z.array(markRow.meta({ id: 'AttendanceMark' })) }) },
    handle: async ({ params }, { db }) => ({ body: { items: await marksOf(db, params.id, params.student_id) } }),
  }),
  route({
    method: 'post',
    path: '/api/check-ins',
    summary: 'Somebody checks in at the desk: by the six digits or the QR they show, each once, within two minutes',
    tag: 'attendance',
    scope: 'records:write',
    transaction: true,
    body: z.strictObject({
      code: textField(100, 6).meta({ description: 'six digits, or what the QR says', examples: ['123456'] }),
      real_training_id: idOf('the training; by default the one that is on or begins within the hour').optional(),
    }),
    responses: { 200: checkedIn },
    async handle({ body }, context) {
      const done = await checkIn(context.db, body.code, body.real_training_id, markerOf(context));
      const [person] = await namesOf(context.db, [done.student_id]);
      return { body: { ...done, student: [person?.first_name, person?.last_name].filter(Boolean).join(' ') } };
    },
  }),
  route({
    method: 'post',
    path: '/me/check-in-code',
    summary: 'The code by which I, or a child of mine, check in at the desk; valid once, for two minutes',
    tag: 'me',
    scope: null,
    secretAnswer: true,
    body: z.strictObject({ student_id: idOf('by default oneself').optional() }),
    bodyOptional: true,
    responses: { 201: code },
    handle: async ({ body }, { db, caller, now }) => ({
      status: 201,
      body: await makeCheckInCode(db, body.student_id ?? caller.person!.id, now),
    }),
  }),
  route({
    method: 'get',
    path: '/api/students/{id}/visits',
    summary: "A student's visits, the latest first, with counts of the whole span; by default the last 90 days and the next 30",
    tag: 'attendance',
    scope: 'records:read',
    params: idParams,
    query: inOrder(z.strictObject({ from: anyDay.optional(), to: endDay.optional(), ...pageQuery }), 'from', 'to'),
    responses: { 200: pageOf(visitRow.meta({ id: 'Visit' })).extend({ counts: visitCounts }) },
    async handle({ params, query }, { db, fleet, now, whose }) {
      const today = dayOf(now, fleet.settings.zone);
      const span = { studentId: params.id, from: query.from ?? addDays(today, -90), to: query.to ?? addDays(today, 30), whose };
      if ((await namesOf(db, [params.id])).length === 0) throw new Problem(404, `there is no student ${params.id}`);
      const before = readCursor(query.cursor, z.tuple([instantCursor, idCursor]));
      const rows = await listVisits(db, { ...span, before, limit: query.limit + 1 });
      return { body: { ...page(rows, query.limit, (row) => [row.starts_at, row.id]), counts: await countVisits(db, span) } };
    },
  }),
] as const;
