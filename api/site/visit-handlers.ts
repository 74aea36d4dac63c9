import type { Request, Response } from 'express';
import { dayOf } from '../../queues/time/calendar.ts';
import { type Booking, findBooking } from '../../sql/bookings/rows.ts';
import { listSiteServices, listSiteSpecialists } from '../../sql/site/catalogue.ts';
import type { SiteHold } from '../../sql/site/holds.ts';
import { CostsMore } from '../../workers/bookings/price.ts';
import { bookVisit, demandVisit, holdVisit, otherStarts, planVisit, visitWishes } from '../../workers/site/book-visit.ts';
import { keepHold } from '../../workers/site/hold.ts';
import { LEAST_SERVICES, MOST_SERVICES, type VisitWish, visitStarts } from '../../workers/site/visit-starts.ts';
import { networkOf } from '../auth/guesses.ts';
import { startOf } from './choice-handlers.ts';
import { typedOf } from './contact-form.ts';
import { type ForWhom, forParam, forWhom } from './for-whom.ts';
import { personOfToken, personToken } from './forms.ts';
import { offerOf } from './push-worker.ts';
import { askForCode, codeStepOf, showCode, waysToCode } from './register.ts';
import { actAsVisitor, refusalFrom, type SiteHandler, type SiteParts } from './site.ts';
import type { View } from './view.ts';
import { bookedVisitPage, partsText, type VisitChoice, type VisitView, visitChoicePage, visitPage } from './visit-page.ts';

const BOOKING = { name: 'POST /bookings', field: 'client_id' };

/** `GET /visit`: some services, who gives each, and when all of it can be. */
export const showVisitChoice: SiteHandler = async (parts, view, { query }) =>
  visitChoicePage(view, await choiceOf(parts, view, query));

async function choiceOf({ open: { fleet } }: SiteParts, view: View, given: Record<string, unknown>): Promise<VisitChoice> {
  const { db } = fleet;
  const [services, specialists] = await Promise.all([listSiteServices(db), listSiteSpecialists(db)]);
  const wishes: VisitWish[] = [];
  for (const text of String(given.parts ?? '').split('.')) {
    const [, serviceId, who] = /^(\d{1,9})(?:-(\d{1,9}))?$/.exec(text) ?? [];
    const id = Number(serviceId);
    const isNew = services.some((service) => service.id === id) && !wishes.some((wish) => wish.serviceId === id);
    if (!isNew || wishes.length === MOST_SERVICES) continue;
    const specialist = specialists.find((one) => one.id === Number(who) && one.service_ids.includes(id));
    wishes.push({ serviceId: id, ...(specialist ? { specialistId: specialist.id } : {}) });
  }
  const day = typeof given.day === 'string' ? given.day : undefined;
  if (wishes.length < LEAST_SERVICES) return { services, specialists, wishes, day };
  const context = { db, fleet, caller: { name: 'visitor', scopes: [] }, now: view.now };
  const days = await visitStarts({ wishes, from: dayOf(view.now, view.zone) }, context);
  return { services, specialists, wishes, day, days };
}

/** `POST /visit`: holds all of it and goes on to the form; where it cannot be had, what can stands in place. */
export const takeVisit: SiteHandler = async (parts, view, request, response) => {
  const startsAt = startOf(request.body.start);
  const { wishes } = await choiceOf(parts, view, { parts: request.body.parts });
  // Services that are none by now, or no start: the choice goes on with what there is.
  if (wishes.length < LEAST_SERVICES || startsAt === null)
    return { to: view.link('/visit', { parts: partsText(wishes) || undefined }) };
  try {
    const token = await actAsVisitor(parts, request, response, (context) =>
      holdVisit({ wishes, startsAt }, networkOf(request.ip ?? ''), context),
    );
    return { to: view.link(`/visit/${token}`) };
  } catch (error) {
    const { status } = refusalFrom(error);
    if (status !== 409 && status !== 422) throw error;
    const choice = await choiceOf(parts, view, { parts: partsText(wishes), day: dayOf(new Date(startsAt), view.zone) });
    return visitChoicePage(view, { ...choice, trouble: view.t('trouble.slot') }, 409);
  }
};

type Asked = {
  token: string;
  holds: SiteHold[];
  personId: number | null;
  chosen: ForWhom | null;
  isByToken: boolean;
};
const clientOf = ({ chosen, personId }: Asked) => chosen?.whom.id ?? (personId as number);
const isBooked = ({ holds: [first] }: Asked) => first?.booked_id !== null;
const done = (view: View, { token, chosen }: Asked) => ({ to: view.link(`/visit/${token}`, forParam(chosen)) });

async function askedOf(parts: SiteParts, view: View, request: Request, response: Response): Promise<Asked> {
  const token = String(request.params.token);
  const holds = await actAsVisitor(parts, request, response, (context) => demandVisit(token, context));
  const shown = view.person ? null : personOfToken(view.secret, String(request.body?.as ?? ''), token, view.now);
  const chosen = await forWhom(parts, view, request, response, BOOKING);
  return { token, holds, personId: view.person?.id ?? shown, chosen, isByToken: shown !== null };
}

/** The form with what it would cost whoever is known; where that cannot be had any more, with what can. */
async function show(
  parts: SiteParts,
  view: View,
  request: Request,
  response: Response,
  asked: Asked,
  more: Partial<VisitView> = {},
  status = 200,
) {
  const { token, holds, personId, chosen, isByToken } = asked;
  const isKnown = personId !== null;
  const as = isByToken && isKnown ? personToken(view.secret, personId, token, view.now) : undefined;
  const base = { token, holds, isKnown, chosen, as, by: await waysToCode(parts) };
  if (!isKnown || more.slots) return visitPage(view, { ...base, plan: null, ...more }, status);
  try {
    const plan = await actAsVisitor(parts, request, response, (context) => planVisit(token, clientOf(asked), context), personId);
    return visitPage(view, { ...base, plan, ...more }, status);
  } catch (error) {
    const lost = await lostOf(parts, view, request, response, asked, error);
    return visitPage(view, { ...base, plan: null, ...lost, ...more }, 409);
  }
}

/** What stands in place of a visit that cannot be had: what was typed, and the starts that are left. Throws what is no such refusal. */
async function lostOf(parts: SiteParts, view: View, request: Request, response: Response, { holds }: Asked, error: unknown) {
  const { status } = refusalFrom(error);
  if (status !== 409 && status !== 422) throw error;
  const slots = await actAsVisitor(parts, request, response, (context) => otherStarts(holds, context));
  return { typed: typedOf(request.body ?? {}), trouble: view.t('trouble.slot.lost'), slots };
}

/** `GET /visit/TOKEN`: the last step, or what was booked. */
export const showVisit: SiteHandler = async (parts, view, request, response) => {
  const asked = await askedOf(parts, view, request, response);
  if (!isBooked(asked)) return show(parts, view, request, response, asked);
  const bookings = await actAsVisitor(parts, request, response, ({ db }) =>
    Promise.all(asked.holds.flatMap(({ booked_id }) => (booked_id === null ? [] : findBooking(db, booked_id)))),
  );
  return bookedVisitPage(view, bookings as Booking[], await offerOf(parts, view, request, response));
};

/** `POST /visit/TOKEN`: books for whoever is known, asks a newcomer for a code. */
export const bookVisitHere: SiteHandler = async (parts, view, request, response) => {
  let asked = await askedOf(parts, view, request, response);
  const typed = typedOf(request.body);
  if (isBooked(asked)) return done(view, asked);
  if (request.body.back) return show(parts, view, request, response, asked, { typed });
  const chosen = startOf(request.body.start);
  const [{ starts_at }] = asked.holds as [SiteHold];
  const isOver = asked.holds.some(({ held_until }) => held_until === null);
  // Whoever is about to fetch a code must not do so for a time that is gone.
  if (chosen !== null || (isOver && asked.personId === null)) {
    const wish = { wishes: visitWishes(asked.holds), startsAt: chosen ?? starts_at };
    const network = networkOf(request.ip ?? '');
    try {
      await actAsVisitor(parts, request, response, (context) => holdVisit(wish, network, context, asked.token));
    } catch (error) {
      const lost = await lostOf(parts, view, request, response, asked, error);
      return show(parts, view, request, response, asked, lost, 409);
    }
    asked = await askedOf(parts, view, request, response);
  }
  if (asked.personId !== null) return finish(parts, view, request, response, asked);
  const answer = await askForCode(parts, view, request, response);
  if (!('code' in answer)) return show(parts, view, request, response, asked, { typed, ...answer }, answer.status);
  for (const hold of asked.holds) await actAsVisitor(parts, request, response, (context) => keepHold(hold, context));
  asked = await askedOf(parts, view, request, response);
  return show(parts, view, request, response, asked, { code: answer.code });
};

/** `POST /visit/TOKEN/code`: the code shows who it is, and all of it is booked. */
export const confirmVisit: SiteHandler = async (parts, view, request, response) => {
  const asked = await askedOf(parts, view, request, response);
  const code = codeStepOf(request);
  if (isBooked(asked)) return done(view, asked);
  const shown = await showCode(parts, view, request, response);
  if ('personId' in shown) return finish(parts, view, request, response, { ...asked, personId: shown.personId, isByToken: true });
  const more = shown.isOver
    ? { typed: code.typed, trouble: shown.trouble }
    : { code: { ...code, wrong: shown.wrong }, trouble: shown.trouble };
  return show(parts, view, request, response, asked, more, shown.status === 404 ? 410 : shown.status);
};

/** All of it for no more than was said, or nothing. A code's form says no total: then it is what the services cost. */
async function finish(parts: SiteParts, view: View, request: Request, response: Response, asked: Asked) {
  const { total } = request.body;
  const said = total === undefined ? asked.holds.reduce((sum, one) => sum + one.service_price_minor, 0) : Number(total);
  const personId = asked.personId as number;
  try {
    const book = bookVisit.bind(null, asked.token, clientOf(asked), said);
    await actAsVisitor(parts, request, response, book, personId);
    return done(view, asked);
  } catch (error) {
    if (error instanceof CostsMore)
      return show(parts, view, request, response, asked, { trouble: view.t('cabinet.changed') }, 409);
    const lost = await lostOf(parts, view, request, response, asked, error);
    return show(parts, view, request, response, asked, lost, 409);
  }
}
