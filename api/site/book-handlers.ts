import type { Request, Response } from 'express';
import { findBooking, payFrom } from '../../sql/bookings/rows.ts';
import type { SiteHold } from '../../sql/site/holds.ts';
import { whereIsBooking } from '../../sql/site/where.ts';
import { CostsMore } from '../../workers/bookings/price.ts';
import { Refused } from '../../workers/refusal.ts';
import { bookHeld, dealFor, dealForAnybody, type WayToPay } from '../../workers/site/book-held.ts';
import { demandHold, holdForVisitor, keepHold } from '../../workers/site/hold.ts';
import { networkOf } from '../auth/guesses.ts';
import { startOf } from './choice-handlers.ts';
import { typedOf } from './contact-form.ts';
import { type ForWhom, forWhom } from './for-whom.ts';
import { personOfToken, personToken } from './forms.ts';
import { bookedPage, type HeldView, heldPage } from './held-page.ts';
import { offerOf } from './push-worker.ts';
import { askForCode, codeStepOf, showCode, waysToCode } from './register.ts';
import { actAsVisitor, refusalFrom, type SiteAnswer, type SiteHandler, type SiteParts } from './site.ts';
import type { View } from './view.ts';

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
  const chosen = startOf(request.body.start);
  // Whoever is about to fetch a code must not do so for a slot that is gone.
  if (chosen !== null || (asked.hold.held_until === null && asked.personId === null)) {
    const { service_id, asked_specialist_id, starts_at } = asked.hold;
    const wish = { service_id, specialist_id: asked_specialist_id ?? undefined, starts_at: chosen ?? starts_at };
    const network = networkOf(request.ip ?? '');
    try {
      await actAsVisitor(parts, request, response, (context) => holdForVisitor(wish, network, context, asked.token));
    } catch (error) {
      return lost(parts, view, request, response, asked, error);
    }
    asked = await askedOf(parts, view, request, response);
  }
  if (asked.personId !== null) return finish(parts, view, request, response, asked, wayOf(request.body.pay));
  const answer = await askForCode(parts, view, request, response);
  if (!('code' in answer)) return showHeld(parts, view, request, response, asked, { typed, ...answer }, answer.status);
  await actAsVisitor(parts, request, response, (context) => keepHold(asked.hold, context));
  asked = await askedOf(parts, view, request, response);
  return showHeld(parts, view, request, response, asked, { code: answer.code });
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
