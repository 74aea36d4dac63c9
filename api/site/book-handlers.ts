import type { Request, Response } from 'express';
import { dayOf } from '../../queues/time/calendar.ts';
import { findBooking, payFrom } from '../../sql/bookings/rows.ts';
import { listSiteServices, listSiteSpecialists } from '../../sql/site/catalogue.ts';
import type { SiteHold } from '../../sql/site/holds.ts';
import { whereIsBooking } from '../../sql/site/where.ts';
import { fittingPercent } from '../../workers/bookings/fitting.ts';
import { CostsMore } from '../../workers/bookings/price.ts';
import { Refused } from '../../workers/refusal.ts';
import { bookHeld, dealFor, dealForAnybody, type WayToPay } from '../../workers/site/book-held.ts';
import { demandHold, holdForVisitor, keepHold } from '../../workers/site/hold.ts';
import { startsForVisitors } from '../../workers/site/starts.ts';
import { tightStarts } from '../../workers/site/tight-starts.ts';
import { networkOf } from '../auth/guesses.ts';
import { bookPage, type Choice, dayShown } from './book-page.ts';
import { typedOf } from './contact-form.ts';
import { type ForWhom, forWhom } from './for-whom.ts';
import { personOfToken, personToken } from './forms.ts';
import { bookedPage, type HeldView, heldPage } from './held-page.ts';
import type { Page } from './page.ts';
import { pushOffer } from './push-worker.ts';
import { askForCode, codeStepOf, showCode, waysToCode } from './register.ts';
import { actAsVisitor, askRoute, refusalFrom, type SiteParts } from './site.ts';
import type { View } from './view.ts';

/** What a handler answers: a page, or where to go. */
export type SiteAnswer = Page | { to: string; status?: number };
export type SiteHandler = (parts: SiteParts, view: View, request: Request, response: Response) => Promise<SiteAnswer>;

const idOf = (text: unknown) => (typeof text === 'string' && /^\d{1,9}$/.test(text) ? Number(text) : undefined);
/** An instant that a form has sent, or null. */
export const startOf = (text: unknown) =>
  typeof text === 'string' && /^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(text) && !Number.isNaN(Date.parse(text))
    ? new Date(text).toISOString()
    : null;

/** `GET /`: service, who, when. */
export const showChoice: SiteHandler = (parts, view, request) => showChosen(parts, view, request.query);

/** The same for a choice that does not stand in the query. */
export const showChosen = async (parts: SiteParts, view: View, given: Record<string, unknown>) =>
  bookPage(view, await choiceOf(parts, view, given));

async function choiceOf({ open: { fleet } }: SiteParts, view: View, given: Record<string, unknown>): Promise<Choice> {
  const { db } = fleet;
  const [services, specialists] = await Promise.all([listSiteServices(db), listSiteSpecialists(db)]);
  const service = services.find(({ id }) => id === idOf(given.service));
  const who = specialists.find(({ id, service_ids }) => id === idOf(given.who) && (!service || service_ids.includes(service.id)));
  const day = typeof given.day === 'string' ? given.day : undefined;
  if (!service) return { services, specialists, who };
  const caller = { name: 'visitor', scopes: [] };
  const context = { db, fleet, caller, now: view.now };
  const asked = { serviceId: service.id, specialistId: who?.id };
  const days = await startsForVisitors(asked, context);
  const shown = dayShown(days, day);
  const tight = shown && (await tightStarts({ ...asked, day: shown.date }, context));
  const fittingLess = service.price_minor > 0 ? await fittingPercent(context) : 0;
  return { services, specialists, service, who, day, days, tight, fittingLess };
}

/** `POST /hold`: holds a start and goes on to the form; where it is taken, what is free stands in place. */
export const takeStart: SiteHandler = async (parts, view, request, response) => {
  const { service, who, start } = request.body;
  const [serviceId, startsAt] = [idOf(service), startOf(start)];
  if (serviceId === undefined || startsAt === null) throw new Refused('missing', 'no start of a service');
  const wish = { service_id: serviceId, specialist_id: idOf(who), starts_at: startsAt };
  try {
    const token = await actAsVisitor(parts, request, response, (context) =>
      holdForVisitor(wish, networkOf(request.ip ?? ''), context),
    );
    return { to: view.link(`/book/${token}`) };
  } catch (error) {
    const { status } = refusalFrom(error);
    if (status !== 409 && status !== 422) throw error;
    const day = dayOf(new Date(startsAt), view.zone);
    return bookPage(view, { ...(await choiceOf(parts, view, { service, who, day })), trouble: view.t('trouble.slot') }, 409);
  }
};

type Asked = {
  token: string;
  hold: SiteHold;
  /** Who books, where that is known, and for whom, where it may be another. */
  personId: number | null;
  chosen: ForWhom | null;
  isByToken: boolean;
};
const BOOKING = { name: 'POST /bookings', field: 'client_id' };
const clientOf = ({ chosen, personId }: Asked) => chosen?.whom.id ?? (personId as number);

async function askedOf(parts: SiteParts, view: View, request: Request, response: Response): Promise<Asked> {
  const token = String(request.params.token);
  const hold = await actAsVisitor(parts, request, response, (context) => demandHold(token, context));
  const shown = view.person ? null : personOfToken(view.secret, String(request.body?.as ?? ''), token, view.now);
  const chosen = await forWhom(parts, view, request, response, BOOKING);
  return { token, hold, personId: view.person?.id ?? shown, chosen, isByToken: shown !== null };
}

async function showHeld(
  parts: SiteParts,
  view: View,
  request: Request,
  response: Response,
  asked: Asked,
  more: Partial<HeldView>,
  status = 200,
) {
  const { token, hold, personId, chosen, isByToken } = asked;
  const deal =
    personId === null
      ? await actAsVisitor(parts, request, response, (context) => dealForAnybody(hold, context))
      : await actAsVisitor(parts, request, response, (context) => dealFor(hold, clientOf(asked), context), personId);
  const as = isByToken && personId !== null ? personToken(view.secret, personId, token, view.now) : undefined;
  return heldPage(
    view,
    { token, hold, deal, isKnown: personId !== null, chosen, as, by: await waysToCode(parts), ...more },
    status,
  );
}

/** `GET /book/TOKEN` */
export const showHold: SiteHandler = async (parts, view, request, response) => {
  const asked = await askedOf(parts, view, request, response);
  if (asked.hold.booked_id !== null) return { to: view.link(`/booked/${asked.token}`) };
  return showHeld(parts, view, request, response, asked, {});
};

/** `POST /book/TOKEN`: books for whoever is known, asks a newcomer for a code. */
export const bookOrAsk: SiteHandler = async (parts, view, request, response) => {
  let asked = await askedOf(parts, view, request, response);
  const typed = typedOf(request.body);
  if (asked.hold.booked_id !== null) return { to: view.link(`/booked/${asked.token}`) };
  if (request.body.back) return showHeld(parts, view, request, response, asked, { typed });
  const start = startOf(request.body.start);
  if (start !== null) {
    const { token, hold } = asked;
    const wish = { service_id: hold.service_id, specialist_id: hold.asked_specialist_id ?? undefined, starts_at: start };
    try {
      await actAsVisitor(parts, request, response, (context) =>
        holdForVisitor(wish, networkOf(request.ip ?? ''), context, token),
      );
      asked = { ...asked, hold: await actAsVisitor(parts, request, response, (context) => demandHold(token, context)) };
    } catch (error) {
      return lost(parts, view, request, response, asked, error);
    }
  }
  if (asked.personId !== null) return finish(parts, view, request, response, asked, wayOf(request.body.pay));
  if (asked.hold.held_until === null) {
    // Whoever is about to fetch a code must not do so for a slot that is gone.
    const { service_id, asked_specialist_id, starts_at } = asked.hold;
    const wish = { service_id, specialist_id: asked_specialist_id ?? undefined, starts_at };
    try {
      await actAsVisitor(parts, request, response, (context) =>
        holdForVisitor(wish, networkOf(request.ip ?? ''), context, asked.token),
      );
    } catch (error) {
      return lost(parts, view, request, response, asked, error);
    }
  }
  const answer = await askForCode(parts, view, request, response);
  if (!('code' in answer)) return showHeld(parts, view, request, response, asked, { typed, ...answer }, answer.status);
  await actAsVisitor(parts, request, response, (context) => keepHold(asked.hold, context));
  const hold = await actAsVisitor(parts, request, response, (context) => demandHold(asked.token, context));
  return showHeld(parts, view, request, response, { ...asked, hold }, { code: answer.code });
};

const wayOf = (text: unknown): WayToPay | null => payFrom.find((way) => way === text) ?? null;

/** `POST /book/TOKEN/code`: the code shows who it is, and the booking is made. */
export const confirmAndBook: SiteHandler = async (parts, view, request, response) => {
  const asked = await askedOf(parts, view, request, response);
  const code = codeStepOf(request);
  if (asked.hold.booked_id !== null) return { to: view.link(`/booked/${asked.token}`) };
  const shown = await showCode(parts, view, request, response);
  if (!('personId' in shown)) {
    const more = shown.isOver
      ? { typed: code.typed, trouble: shown.trouble }
      : { code: { ...code, wrong: shown.wrong }, trouble: shown.trouble };
    return showHeld(parts, view, request, response, asked, more, shown.status === 404 ? 410 : shown.status);
  }
  return finish(parts, view, request, response, { ...asked, personId: shown.personId, isByToken: true }, null);
};

/** What it costs as the page said it, or null. */
const saidOf = ({ query: { price } }: Request) => (typeof price === 'string' && /^\d{1,15}$/.test(price) ? Number(price) : null);

async function finish(
  parts: SiteParts,
  view: View,
  request: Request,
  response: Response,
  asked: Asked,
  way: WayToPay | null,
): Promise<SiteAnswer> {
  const personId = asked.personId as number;
  try {
    await actAsVisitor(
      parts,
      request,
      response,
      (context) => bookHeld(asked.token, clientOf(asked), way, saidOf(request), context),
      personId,
    );
    return { to: view.link(`/booked/${asked.token}`) };
  } catch (error) {
    return lost(parts, view, request, response, asked, error);
  }
}

/** The slot is gone, or cannot be paid so: what was typed stays, and what is free stands in place. */
async function lost(parts: SiteParts, view: View, request: Request, response: Response, asked: Asked, error: unknown) {
  const { status, slots } = refusalFrom(error);
  if (status !== 409 && status !== 422) throw error;
  if (error instanceof CostsMore) {
    const more = { typed: typedOf(request.body), trouble: view.t('cabinet.changed') };
    return showHeld(parts, view, request, response, asked, more, 409);
  }
  const isOfSlot = slots !== undefined || status === 422;
  const more = {
    typed: typedOf(request.body),
    trouble: view.t(isOfSlot ? 'trouble.slot.lost' : 'trouble.pay'),
    ...(isOfSlot ? { slots: slots ?? [] } : {}),
  };
  return showHeld(parts, view, request, response, asked, more, 409);
}

/** Messages to this browser are offered after a booking alone, to whoever is signed in here and gets none by Telegram. */
export async function offerOf(parts: SiteParts, view: View, request: Request, response: Response) {
  if (!view.person || view.person.isLimited) return false;
  const asked = { operation: 'GET /api/people/{id}/notifications', params: { id: view.person.id } };
  const { body } = await askRoute(parts, request, response, asked);
  return !(body as { reachable: boolean }).reachable && pushOffer(view, parts.open.fleet);
}

/** `GET /booked/TOKEN` */
export const showBooked: SiteHandler = async (parts, view, request, response) => {
  const { token, hold } = await askedOf(parts, view, request, response);
  if (hold.booked_id === null) return { to: view.link(`/book/${token}`) };
  const id = hold.booked_id;
  const [booking, place] = await actAsVisitor(parts, request, response, ({ db }) =>
    Promise.all([findBooking(db, id), whereIsBooking(db, id)]),
  );
  if (!booking) throw new Refused('missing', 'there is no such booking');
  return bookedPage(view, booking, place, await offerOf(parts, view, request, response));
};
