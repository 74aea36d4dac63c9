import { z } from 'zod';
import { endOfDay, startOfDay } from '../../queues/time/calendar.ts';
import { anyDay, endDay, exampleInstant, utcInstant } from '../../queues/time/days.ts';
import { examRow, examStatuses, findExam, listExams } from '../../sql/belts/exams.ts';
import { findCompany } from '../../sql/records/company.ts';
import { changeExam, planExam } from '../../workers/belts/exams.ts';
import { examSheetOf, SHEET_ROWS } from '../../workers/belts/print.ts';
import { pageAnswer } from '../http/file.ts';
import { idCursor, idParams, inOrder, instantCursor, page, pageOf, pageQuery, readCursor } from '../http/paging.ts';
import { Problem } from '../http/problems.ts';
import { route } from '../http/route.ts';
import { textField, wording } from '../http/text.ts';
import { id, idOf, oneOf, whole } from './fields.ts';

const shared = { tag: 'belts' } as const;
const item = examRow.meta({ id: 'BeltExam' });
const placeFields = {
  location_id: id.nullable().optional(),
  examiner_id: idOf('the specialist who examines').nullable().optional(),
  notes: textField(2_000).nullable().optional(),
};
const WHOLE_DAY = 500;

/** Exams for belts (R6, R7). */
export const examRoutes = [
  route({
    ...shared,
    method: 'post',
    path: '/api/students/{id}/exams',
    summary: 'Plan an exam; whoever is not ready needs an override_reason, and the answer says what is missing',
    scope: 'records:write',
    transaction: true,
    params: idParams,
    body: z
      .strictObject({
        belt_id: idOf('the belt'),
        stripes: whole(0, 20).default(0),
        exam_at: utcInstant,
        ...placeFields,
        override_reason: wording.optional(),
      })
      .meta({
        get examples() {
          return [{ belt_id: 15, exam_at: exampleInstant(14), override_reason: 'a guest from another academy' }];
        },
      }),
    responses: { 201: item },
    async handle({ params, body }, { db, fleet, now, caller }) {
      const exam = await planExam(
        db,
        {
          studentId: params.id,
          beltId: body.belt_id,
          stripes: body.stripes,
          examAt: body.exam_at,
          locationId: body.location_id ?? null,
          examinerId: body.examiner_id ?? null,
          notes: body.notes ?? null,
          overrideReason: body.override_reason ?? null,
        },
        { now, zone: fleet.settings.zone, by: caller.name },
      );
      return { status: 201, body: exam, headers: { Location: `/api/exams/${exam.id}` } };
    },
  }),
  route({
    ...shared,
    method: 'get',
    path: '/api/exams',
    summary: 'Exams by their time; with upcoming=true those that are planned and to come',
    scope: 'records:read',
    query: inOrder(
      z.strictObject({
        upcoming: oneOf(['true', 'false']).default('false'),
        student_id: idParams.shape.id.optional(),
        program: textField(100)
          .optional()
          .meta({ override: { examples: undefined } }),
        status: oneOf(examStatuses).optional(),
        from: anyDay.optional(),
        to: endDay.optional().meta({ description: 'inclusive' }),
        ...pageQuery,
      }),
      'from',
      'to',
    ),
    responses: { 200: pageOf(item) },
    async handle({ query }, { db, fleet, now, whose }) {
      const { zone } = fleet.settings;
      const isUpcoming = query.upcoming === 'true';
      const from = query.from && startOfDay(query.from, zone);
      const rows = await listExams(db, {
        studentId: query.student_id,
        program: query.program,
        status: isUpcoming ? 'planned' : query.status,
        from: isUpcoming && (from === undefined || from < now.toISOString()) ? now.toISOString() : from,
        to: query.to && endOfDay(query.to, zone),
        whose,
        after: readCursor(query.cursor, z.tuple([instantCursor, idCursor])),
        limit: query.limit + 1,
      });
      return { body: page(rows, query.limit, (row) => [row.exam_at, row.id]) };
    },
  }),
  route({
    ...shared,
    method: 'get',
    path: '/api/exams/{id}',
    summary: 'Read an exam',
    scope: 'records:read',
    params: idParams,
    responses: { 200: item },
    async handle({ params }, { db }) {
      const exam = await findExam(db, params.id);
      if (!exam) throw new Problem(404, `there is no exam ${params.id}`);
      return { body: exam };
    },
  }),
  route({
    ...shared,
    method: 'patch',
    path: '/api/exams/{id}',
    summary:
      'Move, decide, correct or cancel an exam. passed awards the belt, once; corrected to failed, the award is voided. Those concerned are told at once',
    scope: 'records:write',
    transaction: true,
    params: idParams,
    body: z
      .strictObject({
        exam_at: utcInstant.optional(),
        ...placeFields,
        status: oneOf(examStatuses).optional(),
        reason: wording.optional().meta({ description: 'of a correction: why the award is voided' }),
      })
      .meta({ examples: [{ status: 'cancelled' }] }),
    responses: { 200: item },
    async handle({ params, body }, { db, fleet, now, caller }) {
      const exam = await changeExam(
        db,
        params.id,
        {
          examAt: body.exam_at,
          locationId: body.location_id,
          examinerId: body.examiner_id,
          notes: body.notes,
          status: body.status,
          reason: body.reason,
        },
        { now, zone: fleet.settings.zone, by: caller.name },
      );
      return { body: exam };
    },
  }),
  route({
    ...shared,
    method: 'get',
    path: '/api/exam-sheets/{day}',
    summary: `The exam sheet of a day, A4, to print: ${SHEET_ROWS} students a page`,
    scope: 'records:read',
    produces: 'image/svg+xml',
    params: z.object({ day: anyDay }),
    query: z.strictObject({ page: oneOf(['1', '2', '3', '4', '5', '6', '7', '8', '9', '10']).default('1') }),
    responses: { 200: z.string() },
    async handle({ params, query }, { db, fleet, whose }) {
      const { zone, locale } = fleet.settings;
      const { day } = params;
      const exams = await listExams(db, { from: startOfDay(day, zone), to: endOfDay(day, zone), whose, limit: WHOLE_DAY });
      const first = (Number(query.page) - 1) * SHEET_ROWS;
      const standing = exams.filter(({ status }) => status !== 'cancelled').slice(first, first + SHEET_ROWS);
      const content = examSheetOf(standing, { day, zone, locale, studio: (await findCompany(db))?.name ?? '' });
      return pageAnswer(`exams-${day}`, content);
    },
  }),
] as const;
