import { z } from 'zod';
import { addDays, dayOf } from '../../queues/time/calendar.ts';
import { anyDay, endDay } from '../../queues/time/days.ts';
import { isInactive } from '../../sql/records/students.ts';
import {
  changeLink,
  findTemplateLink,
  findTraining,
  isTemplate,
  linkRow,
  linkStudent,
  listLinks,
  listTrainings,
  seatRow,
  seatsOf,
  trainingRow,
  unlinkStudent,
} from '../../sql/trainings/roster.ts';
import { dayCursor, idCursor, idParams, inOrder, instantCursor, page, pageOf, pageQuery, readCursor } from '../http/paging.ts';
import { Problem } from '../http/problems.ts';
import { type Context, route } from '../http/route.ts';

const links = '/api/training-templates/{id}/students';
const linkParams = z.object({ id: idParams.shape.id, student_id: idParams.shape.id });
const linkItem = linkRow.meta({ id: 'TemplateStudent' });
export const trainingItem = trainingRow.meta({ id: 'RealTraining' });
const flag = z.boolean({ error: 'true or false' }).meta({ examples: [false] });
const shared = { tag: 'training-templates' } as const;

async function demandTemplate(db: Context['db'], id: number) {
  if (!(await isTemplate(db, id))) throw new Problem(404, `there is no training template ${id}`);
}

/** Whoever is not active gets no standing place. Whether there is such a student, the tables know. */
async function demandActiveStudent(db: Context['db'], id: number) {
  if (await isInactive(db, id)) throw new Problem(409, `the student ${id} is not active`);
}

async function linked(db: Context['db'], template: number, student: number) {
  const link = await findTemplateLink(db, template, student);
  if (!link) throw new Problem(404, `the student ${student} is not linked to the training template ${template}`);
  return link;
}

export const rosterRoutes = [
  route({
    ...shared,
    method: 'get',
    path: links,
    summary: 'The students of a training template',
    scope: 'records:read',
    params: idParams,
    query: z.strictObject(pageQuery),
    responses: { 200: pageOf(linkItem) },
    async handle({ params, query }, { db }) {
      await demandTemplate(db, params.id);
      const rows = await listLinks(db, params.id, readCursor(query.cursor, idCursor) ?? 0, query.limit + 1);
      return { body: page(rows, query.limit, (row) => row.id) };
    },
  }),
  route({
    ...shared,
    method: 'post',
    path: links,
    summary: 'Give a student a standing place',
    scope: 'records:write',
    transaction: true,
    params: idParams,
    body: z.strictObject({
      student_id: z.int({ error: 'the id of a student' }).meta({ description: 'the id of the student', examples: [1] }),
      start_date: anyDay.optional().meta({ description: 'by default today' }),
      is_frozen: flag.optional(),
    }),
    responses: { 201: linkItem },
    async handle({ params, body }, { db, fleet, now }) {
      await demandTemplate(db, params.id);
      await demandActiveStudent(db, body.student_id);
      const startDate = body.start_date ?? dayOf(now, fleet.settings.zone);
      await linkStudent(db, { template: params.id, student: body.student_id, startDate, isFrozen: body.is_frozen ?? false });
      return { status: 201, body: await linked(db, params.id, body.student_id) };
    },
  }),
  route({
    ...shared,
    method: 'patch',
    path: `${links}/{student_id}`,
    summary: 'Freeze or unfreeze a standing place, or move its start',
    scope: 'records:write',
    transaction: true,
    params: linkParams,
    body: z
      .strictObject({ start_date: anyDay.optional(), is_frozen: flag.optional() })
      .refine((body) => Object.keys(body).length > 0, {
        error: 'at least one of start_date, is_frozen',
      }),
    responses: { 200: linkItem },
    async handle({ params, body }, { db }) {
      if (body.is_frozen === false) await demandActiveStudent(db, params.student_id);
      await changeLink(db, {
        template: params.id,
        student: params.student_id,
        startDate: body.start_date,
        isFrozen: body.is_frozen,
      });
      return { body: await linked(db, params.id, params.student_id) };
    },
  }),
  route({
    ...shared,
    method: 'delete',
    path: `${links}/{student_id}`,
    summary: 'End a standing place; registrations already made stay',
    scope: 'records:write',
    transaction: true,
    params: linkParams,
    responses: { 204: z.undefined() },
    async handle({ params }, { db }) {
      if (!(await unlinkStudent(db, params.id, params.student_id))) await linked(db, params.id, params.student_id);
      return { status: 204, body: undefined };
    },
  }),
  route({
    method: 'get',
    path: '/real-trainings',
    summary: 'Trainings by date; by default the next seven days',
    tag: 'real-trainings',
    scope: 'records:read',
    query: inOrder(
      z.strictObject({ from: anyDay.optional(), to: endDay.optional(), trainer_id: idParams.shape.id.optional(), ...pageQuery }),
      'from',
      'to',
    ),
    responses: { 200: pageOf(trainingItem) },
    async handle({ query }, { db, fleet, now, whose }) {
      const from = query.from ?? dayOf(now, fleet.settings.zone);
      const to = query.to ?? addDays(from, 6);
      const after = readCursor(query.cursor, z.tuple([dayCursor, instantCursor, idCursor]));
      const rows = await listTrainings(db, { whose, from, to, trainerId: query.trainer_id, after, limit: query.limit + 1 });
      return { body: page(rows, query.limit, (row) => [row.training_date, row.starts_at, row.id]) };
    },
  }),
  route({
    method: 'get',
    path: '/real-trainings/{id}',
    summary: 'One training with its students',
    tag: 'real-trainings',
    scope: 'records:read',
    params: idParams,
    responses: { 200: trainingRow.extend({ students: z.array(seatRow) }) },
    async handle({ params }, { db, whose }) {
      const training = await findTraining(db, params.id, whose);
      if (!training) throw new Problem(404, `there is no training ${params.id}`);
      return { body: { ...training, students: await seatsOf(db, params.id, whose) } };
    },
  }),
] as const;
