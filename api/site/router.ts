import express, { type ErrorRequestHandler, type Request, type RequestHandler, type Response, type Router } from 'express';
import { log } from '../../queues/log/log.ts';
import { Refused } from '../../workers/refusal.ts';
import { callerOf } from '../auth/authenticate.ts';
import { demandFormOrigin } from '../auth/visit.ts';
import { isSitePath } from '../auth/visitors.ts';
import { onlyBy } from '../http/only-by.ts';
import { asProblem, Problem } from '../http/problems.ts';
import { bookOrAsk, confirmAndBook, showBooked, showHold } from './book-handlers.ts';
import { showAhead } from './cabinet-ahead.ts';
import { cancelBookingHere, moveBookingHere, showBooking, showMove } from './cabinet-booking.ts';
import { buyPackageHere, buySubscriptionHere, showBuy } from './cabinet-buy.ts';
import { payHere, showMoney } from './cabinet-money.ts';
import { payOnline, showOrder, topUp } from './cabinet-online.ts';
import { leavePlace, showPlace } from './cabinet-place.ts';
import { askAboutData, endDevice, renewCalendar, saveNotifications, showSettings } from './cabinet-settings.ts';
import { showVisits } from './cabinet-visits.ts';
import { showChoice, showChosen, takeStart } from './choice-handlers.ts';
import { actInClass, confirmInClass, showClass, showClasses } from './class-handlers.ts';
import { confirmAndEnter, enter, enterByCode, leave, showEnter } from './enter-handlers.ts';
import { troublePage } from './enter-page.ts';
import { isFormToken } from './forms.ts';
import { joinHere, showJoin } from './join.ts';
import { sendSitePage } from './page.ts';
import { showPreview } from './preview.ts';
import type { SiteHandler, SiteParts } from './site.ts';
import { viewOf } from './view.ts';
import { bookVisitHere, confirmVisit, showVisit, showVisitChoice, takeVisit } from './visit-handlers.ts';
import { bookWeeklyHere, showWeekly } from './weekly.ts';
import type { SiteText } from './words.ts';

/** `/s/12-haircut` is a service, `/s/p3-anna` a person; shown at once, for leading elsewhere would take another round trip. */
const shortLink: SiteHandler = (parts, view, request) => {
  const [, isPerson, id] = /^\/s\/(p?)(\d{1,9})(?:-.*)?$/.exec(decodeURIComponent(request.path)) ?? [];
  if (id === undefined) throw new Refused('missing', 'no short link');
  return showChosen(parts, view, isPerson ? { who: id } : { service: id });
};

/** A code is asked for in the answer to a form, so its address alone leads to that form. */
const backTo =
  (what: string): SiteHandler =>
  async (_parts, view, { params }) => ({ to: view.link(`/${what}/${params.token ?? params.id}`) });

/** What is shown at each path, and what a form that is sent there does. */
const PAGES: Record<string, { get?: SiteHandler; post?: SiteHandler }> = {
  '/': { get: showChoice },
  '/s/{*slug}': { get: shortLink },
  '/hold': { post: takeStart },
  '/book/:token': { get: showHold, post: bookOrAsk },
  '/book/:token/weekly': { get: showWeekly, post: bookWeeklyHere },
  '/book/:token/code': { get: backTo('book'), post: confirmAndBook },
  '/booked/:token': { get: showBooked },
  '/visit': { get: showVisitChoice, post: takeVisit },
  '/visit/:token': { get: showVisit, post: bookVisitHere },
  '/visit/:token/code': { get: backTo('visit'), post: confirmVisit },
  '/classes': { get: showClasses },
  '/classes/:id': { get: showClass, post: actInClass },
  '/classes/:id/code': { get: backTo('classes'), post: confirmInClass },
  '/enter': { get: showEnter, post: enter },
  '/enter/code': { post: enterByCode },
  '/enter/code/code': { post: confirmAndEnter },
  '/leave': { post: leave },
  '/join': { get: showJoin, post: joinHere },
  '/cabinet': { get: showAhead },
  '/cabinet/visits': { get: showVisits },
  '/cabinet/bookings/:id': { get: showBooking },
  '/cabinet/bookings/:id/move': { get: showMove, post: moveBookingHere },
  '/cabinet/bookings/:id/cancel': { post: cancelBookingHere },
  '/cabinet/classes/:id': { get: showPlace },
  '/cabinet/classes/:id/leave': { post: leavePlace },
  '/cabinet/buy': { get: showBuy },
  '/cabinet/buy/subscriptions/:id': { post: buySubscriptionHere },
  '/cabinet/buy/packages/:id': { post: buyPackageHere },
  '/cabinet/money': { get: showMoney },
  '/cabinet/invoices/:id/pay': { post: payHere },
  '/cabinet/invoices/:id/online': { post: payOnline },
  '/cabinet/top-up': { post: topUp },
  '/cabinet/pay/:id': { get: showOrder },
  '/cabinet/settings': { get: showSettings },
  '/cabinet/notifications': { post: saveNotifications },
  '/cabinet/calendar': { post: renewCalendar },
  '/cabinet/data-requests': { post: askAboutData },
  '/cabinet/devices/:id/end': { post: endDevice },
};

/**
 * The booking site: pages of plain HTML that work as they are; a script of ours takes them without loading anew. Forms are urlencoded,
 * and need our Origin and a token that we signed. A machine, which asks for JSON or shows a key, goes on to the API.
 */
export function site(parts: SiteParts): Router {
  const router = express.Router();
  const form = express.urlencoded({ extended: false, limit: '20kb', parameterLimit: 50 });
  const page =
    (handler: SiteHandler): RequestHandler =>
    (request, response, next) => {
      if (!isForPeople(request, response)) return next('router');
      return answer(parts, handler, request, response);
    };
  const posted = (handler: SiteHandler): RequestHandler[] => [
    form,
    page((all, view, request, response) => {
      demandFormOrigin(request, all.open.fleet.settings);
      if (!isFormToken(view.secret, String(request.body?.form ?? ''), view.person?.sessionId ?? null, view.now))
        throw new Problem(403, 'the form has no token of ours, or an old one');
      return handler(all, view, request, response);
    }),
  ];
  for (const [path, { get, post }] of Object.entries(PAGES)) {
    const here = router.route(path);
    if (get) here.get(page(get));
    if (post) here.post(...posted(post));
    here.all(onlyBy(...(get ? ['GET'] : []), ...(post ? ['POST'] : [])));
  }
  router.get('/preview/:file', showPreview(parts)).all('/preview/:file', onlyBy('GET'));
  router.use(troubles(parts));
  return router;
}

const isForPeople = (request: Request, response: Response) => {
  const { person, isVisitor } = callerOf(response);
  return Boolean(person || isVisitor) && request.accepts(['html', 'json']) === 'html';
};

async function answer(parts: SiteParts, handler: SiteHandler, request: Request, response: Response) {
  const view = await viewOf(parts.open, request, response);
  const done = await handler(parts, view, request, response);
  if ('to' in done) return response.set('Referrer-Policy', 'same-origin').redirect(done.status ?? 303, done.to);
  return send(parts, request, response, view, done);
}

function send(
  { shell, open }: SiteParts,
  request: Request,
  response: Response,
  view: Parameters<typeof sendSitePage>[3],
  page: Parameters<typeof sendSitePage>[4],
) {
  // The script takes what is shown, and has the styles and itself already.
  const isTaken = request.get('sec-fetch-dest') === 'empty';
  return sendSitePage(request, response, (isTaken ? null : shell()) ?? BARE, view, page, open.fleet.settings);
}

/** A page without styles and script: without a build it works all the same. */
const BARE = `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><!--head--></head>
<body><!--body--></body></html>`;

/** What went wrong on the site is said by a page of it. */
const troubles =
  (parts: SiteParts): ErrorRequestHandler =>
  async (error, request, response, next) => {
    if (response.headersSent || !isSitePath(request.path) || !response.locals.caller || !isForPeople(request, response))
      return next(error);
    const { status, extra } = asProblem(error);
    if (status >= 500) log.error({ err: error }, 'a page of the site failed');
    const view = await viewOf(parts.open, request, response).catch(() => null);
    if (!view) return next(error);
    response.set(extra.headers ?? {});
    await send(parts, request, response, view, troublePage(view, status, view.t(WORDS[status] ?? 'trouble.server')));
  };

const WORDS: Record<number, SiteText> = {
  400: 'trouble.missing',
  403: 'trouble.form',
  404: 'trouble.missing',
  405: 'trouble.missing',
  409: 'trouble.conflict',
  413: 'trouble.conflict',
  422: 'trouble.conflict',
  429: 'trouble.many',
};
