import type { Request, Response } from 'express';
import { addDays, dayOf } from '../../queues/time/calendar.ts';
import { findClass, listClasses, standingIn } from '../../sql/site/classes.ts';
import { Refused } from '../../workers/refusal.ts';
import type { Caller } from '../http/caller.ts';
import { type ClassStanding, type ClassStep, classesPage, classPage } from './class-page.ts';
import { typedOf } from './contact-form.ts';
import { forParam, forWhom } from './for-whom.ts';
import { askForCode, codeStepOf, showCode, waysToCode } from './register.ts';
import { askRoute, refusalFrom, type SiteAnswer, type SiteHandler, type SiteParts } from './site.ts';
import type { View } from './view.ts';

const DAYS = 14;
const MOST_SHOWN = 300;

async function standingOf({ open: { fleet } }: SiteParts, personId: number | undefined, ids: readonly number[]) {
  const rows = personId === undefined ? [] : await standingIn(fleet.db, personId, ids);
  return new Map<number, ClassStanding>(rows.map(({ id, status }) => [id, status]));
}

/** `GET /classes` */
export const showClasses: SiteHandler = async (parts, view) => {
  const from = dayOf(view.now, view.zone);
  const classes = await listClasses(parts.open.fleet.db, {
    from,
    to: addDays(from, DAYS - 1),
    after: view.now,
    limit: MOST_SHOWN,
  });
  return classesPage(
    view,
    classes,
    await standingOf(
      parts,
      view.person?.id,
      classes.map(({ id }) => id),
    ),
  );
};

const JOINING = { name: 'POST /real-trainings/{id}/students', field: 'student_id' };

async function show(
  parts: SiteParts,
  view: View,
  request: Request,
  response: Response,
  step: Partial<ClassStep> = {},
): Promise<SiteAnswer> {
  const one = await classOf(parts, view, request);
  const chosen = await forWhom(parts, view, request, response, JOINING);
  const standing = await standingOf(parts, chosen?.whom.id, [one.id]);
  return classPage(view, one, standing.get(one.id) ?? null, { by: await waysToCode(parts), chosen, ...step });
}

async function classOf({ open: { fleet } }: SiteParts, view: View, request: Request) {
  const id = /^\d{1,9}$/.test(String(request.params.id)) ? Number(request.params.id) : 0;
  const one = await findClass(fleet.db, id, view.now);
  if (!one) throw new Refused('missing', 'there is no such class');
  return one;
}

/** `GET /classes/ID` */
export const showClass: SiteHandler = (parts, view, request, response) => show(parts, view, request, response);

/** `POST /classes/ID`: whoever is known joins, waits or leaves; a newcomer is asked for a code. */
export const actInClass: SiteHandler = async (parts, view, request, response) => {
  if (view.person) return act(parts, view, request, response, String(request.body.act ?? 'join'));
  const typed = typedOf(request.body);
  if (request.body.back) return show(parts, view, request, response, { typed });
  const answer = await askForCode(parts, view, request, response);
  return show(parts, view, request, response, 'code' in answer ? answer : { typed, ...answer });
};

/** `POST /classes/ID/code`: a newcomer joins, or waits where it is full. */
export const confirmInClass: SiteHandler = async (parts, view, request, response) => {
  const shown = await showCode(parts, view, request, response);
  const code = codeStepOf(request);
  if ('personId' in shown) {
    const { free_places } = await classOf(parts, view, request);
    return act(parts, view, request, response, free_places > 0 ? 'join' : 'wait', shown.caller);
  }
  const status = shown.status === 404 ? 410 : shown.status;
  if (shown.isOver) return show(parts, view, request, response, { typed: code.typed, trouble: shown.trouble, status });
  return show(parts, view, request, response, { code: { ...code, wrong: shown.wrong }, trouble: shown.trouble, status });
};

async function act(
  parts: SiteParts,
  view: View,
  request: Request,
  response: Response,
  wish: string,
  newcomer?: Caller,
): Promise<SiteAnswer> {
  const { id } = await classOf(parts, view, request);
  const chosen = newcomer ? null : await forWhom(parts, view, request, response, JOINING);
  const studentId = newcomer?.personId ?? (chosen?.whom.id as number);
  const ways: Record<string, { operation: string; params: object; body?: object }> = {
    join: { operation: 'POST /real-trainings/{id}/students', params: { id }, body: { student_id: studentId } },
    wait: { operation: 'POST /real-trainings/{id}/waitlist', params: { id }, body: { student_id: studentId } },
    leave: {
      operation: 'POST /real-trainings/{id}/students/{student_id}/cancel',
      params: { id, student_id: studentId },
      body: { reason: 'site' },
    },
    unwait: { operation: 'DELETE /real-trainings/{id}/waitlist/{student_id}', params: { id, student_id: studentId } },
  };
  const way = ways[wish];
  if (!way) throw new Refused('missing', 'nothing that can be done in a class');
  try {
    await askRoute(parts, request, response, { ...way, caller: newcomer });
    return { to: view.link(`/classes/${id}`, forParam(chosen)) };
  } catch (error) {
    const { status } = refusalFrom(error);
    if (status !== 409 && status !== 404 && status !== 422) throw error;
    const { free_places } = await classOf(parts, view, request);
    return show(parts, view, request, response, {
      trouble: view.t(wish === 'join' && free_places === 0 ? 'trouble.place' : 'trouble.conflict'),
      status: 409,
    });
  }
}
