import { z } from 'zod';
import { dayOf } from '../../queues/time/calendar.ts';
import { anyDay } from '../../queues/time/days.ts';
import { namesOf } from '../../sql/auth/people.ts';
import { awardRow, currentAward, deferSteps, findAward, listAwards, listDeferrals } from '../../sql/belts/awards.ts';
import { findExam } from '../../sql/belts/exams.ts';
import { countReady, listSteps, type Step, stepRow, stepsOf } from '../../sql/belts/steps.ts';
import { findCompany } from '../../sql/records/company.ts';
import { award, demandPupil, voidOf } from '../../workers/belts/award.ts';
import { certificateOf } from '../../workers/belts/print.ts';
import { pageAnswer } from '../http/file.ts';
import { idCursor, idParams, page, pageOf, pageQuery, readCursor } from '../http/paging.ts';
import { Problem } from '../http/problems.ts';
import { route } from '../http/route.ts';
import { textField, wording } from '../http/text.ts';
import { idOf, oneOf, whole } from './fields.ts';

const shared = { tag: 'belts' } as const;
const awardItem = awardRow.meta({ id: 'BeltAward' });
const step = stepRow.meta({ id: 'BeltStep' });
const KINDS = ['belt', 'stripe', 'transition'] as const satisfies readonly Step['kind'][];
const program = textField(100).meta({ examples: ['BJJ'] });
const fullName = ({ first_name, last_name }: { first_name: string; last_name: string }) => `${first_name} ${last_name}`.trim();

/** Belts of students: what they have, what they are ready for and why not yet (R1-R5). */
export const beltRoutes = [
  route({
    ...shared,
    method: 'get',
    path: '/api/belts/ready',
    summary: 'Who is ready for the next belt or stripe; with ready=false who is not, and what is missing',
    scope: 'records:read',
    query: z.strictObject({
      program: program.optional().meta({ override: { examples: undefined } }),
      kind: oneOf(KINDS).optional(),
      ready: oneOf(['true', 'false', 'all']).default('true'),
      ...pageQuery,
    }),
    responses: { 200: pageOf(step).extend({ ready_count: z.int() }) },
    async handle({ query }, { db, fleet, now, whose }) {
      const of = { today: dayOf(now, fleet.settings.zone), program: query.program, whose };
      const rows = await listSteps(db, {
        ...of,
        kind: query.kind,
        isReady: query.ready === 'all' ? undefined : query.ready === 'true',
        after: readCursor(query.cursor, z.tuple([idCursor, z.string().max(100), z.string().max(20)])),
        limit: query.limit + 1,
      });
      const shown = page(rows, query.limit, (row) => [row.student_id, row.program, row.kind]);
      return { body: { ...shown, ready_count: await countReady(db, of) } };
    },
  }),
  route({
    ...shared,
    method: 'get',
    path: '/api/students/{id}/belts',
    summary: "A student's path: every award, voided ones as well, the steps to come, and what is deferred",
    scope: 'records:read',
    params: idParams,
    responses: {
      200: z.object({
        awards: z.array(awardItem),
        steps: z.array(step),
        deferrals: z.array(z.object({ program: z.string(), deferred_until: z.iso.date(), reason: z.string().nullable() })),
      }),
    },
    async handle({ params }, { db, fleet, now }) {
      if ((await namesOf(db, [params.id])).length === 0) throw new Problem(404, `there is no student ${params.id}`);
      const today = dayOf(now, fleet.settings.zone);
      return {
        body: {
          awards: await listAwards(db, params.id),
          steps: await stepsOf(db, params.id, today),
          deferrals: await listDeferrals(db, params.id),
        },
      };
    },
  }),
  route({
    ...shared,
    method: 'post',
    path: '/api/students/{id}/belts',
    summary: 'Award a belt or a stripe: one stripe more, or the next belt; more needs a skip_reason, back is never',
    scope: 'records:write',
    transaction: true,
    params: idParams,
    body: z
      .strictObject({
        belt_id: idOf('the belt'),
        stripes: whole(0, 20).default(0),
        awarded_on: anyDay.optional().meta({ description: 'by default today' }),
        skip_reason: wording.optional(),
      })
      .meta({ examples: [{ belt_id: 14, stripes: 0 }] }),
    responses: { 201: awardItem },
    async handle({ params, body }, { db, fleet, now, caller }) {
      const today = dayOf(now, fleet.settings.zone);
      const entered = await award(db, {
        studentId: params.id,
        beltId: body.belt_id,
        stripes: body.stripes,
        on: body.awarded_on ?? today,
        today,
        by: caller.name,
        skipReason: body.skip_reason ?? null,
        examId: null,
      });
      return { status: 201, body: entered };
    },
  }),
  route({
    ...shared,
    method: 'put',
    path: '/api/students/{id}/belts/deferral',
    summary: 'Let a student wait in a program until a day; null: no longer',
    scope: 'records:write',
    transaction: true,
    params: idParams,
    body: z.strictObject({ program, until: anyDay.nullable(), reason: wording.nullable().optional() }).meta({
      get examples() {
        return [{ program: 'BJJ', until: null }];
      },
    }),
    responses: { 200: z.object({ steps: z.array(step) }) },
    async handle({ params, body }, { db, fleet, now, caller }) {
      await demandPupil(db, params.id);
      await deferSteps(db, {
        studentId: params.id,
        program: body.program,
        until: body.until,
        reason: body.reason ?? null,
        by: caller.name,
      });
      return { body: { steps: await stepsOf(db, params.id, dayOf(now, fleet.settings.zone)) } };
    },
  }),
  route({
    ...shared,
    method: 'post',
    path: '/api/belt-awards/{id}/void',
    summary: 'Void an award that was wrong; what was before it stands again. A second time changes nothing',
    scope: 'records:write',
    transaction: true,
    params: idParams,
    body: z.strictObject({ reason: wording }),
    responses: { 200: z.object({ award: awardItem, current: awardItem.nullable() }) },
    async handle({ params, body }, { db, caller }) {
      const voided = await voidOf(db, params.id, caller.name, body.reason);
      return { body: { award: voided, current: await currentAward(db, voided.student_id, voided.program) } };
    },
  }),
  route({
    ...shared,
    method: 'get',
    path: '/api/belt-awards/{id}/certificate.svg',
    summary: 'The certificate of an award, A4, to print',
    scope: 'records:read',
    produces: 'image/svg+xml',
    params: idParams,
    responses: { 200: z.string() },
    async handle({ params }, { db, fleet }) {
      const found = await findAward(db, params.id);
      if (!found) throw new Problem(404, `there is no award ${params.id}`);
      if (found.voided_at !== null) throw new Problem(409, 'the award was voided: it has no certificate');
      const [student] = await namesOf(db, [found.student_id]);
      const exam = found.exam_id === null ? null : await findExam(db, found.exam_id);
      const person = /^person:(\d+)$/.exec(found.awarded_by)?.[1];
      const [awarder] = person ? await namesOf(db, [Number(person)]) : [];
      const content = certificateOf(found, {
        student: student ? fullName(student) : '',
        studio: (await findCompany(db))?.name ?? '',
        by: exam?.examiner ?? (awarder ? fullName(awarder) : null),
        locale: fleet.settings.locale,
      });
      return pageAnswer(`certificate-${found.id}`, content);
    },
  }),
] as const;
