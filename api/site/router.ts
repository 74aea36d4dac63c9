import express, { type ErrorRequestHandler, type Request, type RequestHandler, type Response, type Router } from 'express';
import { log } from '../../queues/log/log.ts';
import { Refused } from '../../workers/refusal.ts';
import { callerOf } from '../auth/authenticate.ts';
import { demandFormOrigin } from '../auth/visit.ts';
import { isSitePath } from '../auth/visitors.ts';
import { onlyBy } from '../http/only-by.ts';
import { Problem } from '../http/problems.ts';
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
  /** A code is asked for in the answer to a form, so its address alone leads to that form. */
  const backTo = (what: string) => page(async (_parts, view, request) => ({ to: view.link(`/${what}/${request.params.token}`) }));
  router.get('/', page(showChoice)).all('/', onlyBy('GET'));
  router.get('/s/{*slug}', page(shortLink)).all('/s/{*slug}', onlyBy('GET'));
  router.get('/preview/:file', showPreview(parts)).all('/preview/:file', onlyBy('GET'));
  router.post('/hold', ...posted(takeStart)).all('/hold', onlyBy('POST'));
  router
    .get('/book/:token', page(showHold))
    .post('/book/:token', ...posted(bookOrAsk))
    .all('/book/:token', onlyBy('GET', 'POST'));
  router
    .get('/book/:token/weekly', page(showWeekly))
    .post('/book/:token/weekly', ...posted(bookWeeklyHere))
    .all('/book/:token/weekly', onlyBy('GET', 'POST'));
  router
    .get('/book/:token/code', backTo('book'))
    .post('/book/:token/code', ...posted(confirmAndBook))
    .all('/book/:token/code', onlyBy('GET', 'POST'));
  router.get('/booked/:token', page(showBooked)).all('/booked/:token', onlyBy('GET'));
  router
    .get('/visit', page(showVisitChoice))
    .post('/visit', ...posted(takeVisit))
    .all('/visit', onlyBy('GET', 'POST'));
  router
    .get('/visit/:token', page(showVisit))
    .post('/visit/:token', ...posted(bookVisitHere))
    .all('/visit/:token', onlyBy('GET', 'POST'));
  router
    .get('/visit/:token/code', backTo('visit'))
    .post('/visit/:token/code', ...posted(confirmVisit))
    .all('/visit/:token/code', onlyBy('GET', 'POST'));
  router.get('/classes', page(showClasses)).all('/classes', onlyBy('GET'));
  router
    .get('/classes/:id', page(showClass))
    .post('/classes/:id', ...posted(actInClass))
    .all('/classes/:id', onlyBy('GET', 'POST'));
  router.get(
    '/classes/:id/code',
    page(async (_parts, view, request) => ({ to: view.link(`/classes/${request.params.id}`) })),
  );
  router.post('/classes/:id/code', ...posted(confirmInClass)).all('/classes/:id/code', onlyBy('GET', 'POST'));
  router
    .get('/enter', page(showEnter))
    .post('/enter', ...posted(enter))
    .all('/enter', onlyBy('GET', 'POST'));
  router.post('/enter/code', ...posted(enterByCode)).all('/enter/code', onlyBy('POST'));
  router.post('/enter/code/code', ...posted(confirmAndEnter)).all('/enter/code/code', onlyBy('POST'));
  router
    .get('/join', page(showJoin))
    .post('/join', ...posted(joinHere))
    .all('/join', onlyBy('GET', 'POST'));
  const shown: Record<string, SiteHandler> = {
    '/cabinet': showAhead,
    '/cabinet/visits': showVisits,
    '/cabinet/buy': showBuy,
    '/cabinet/money': showMoney,
    '/cabinet/pay/:id': showOrder,
    '/cabinet/settings': showSettings,
    '/cabinet/bookings/:id': showBooking,
    '/cabinet/classes/:id': showPlace,
  };
  const done: Record<string, SiteHandler> = {
    '/cabinet/bookings/:id/cancel': cancelBookingHere,
    '/cabinet/classes/:id/leave': leavePlace,
    '/cabinet/buy/subscriptions/:id': buySubscriptionHere,
    '/cabinet/buy/packages/:id': buyPackageHere,
    '/cabinet/invoices/:id/pay': payHere,
    '/cabinet/invoices/:id/online': payOnline,
    '/cabinet/top-up': topUp,
    '/cabinet/notifications': saveNotifications,
    '/cabinet/calendar': renewCalendar,
    '/cabinet/data-requests': askAboutData,
    '/cabinet/devices/:id/end': endDevice,
  };
  for (const [path, handler] of Object.entries(shown)) router.get(path, page(handler)).all(path, onlyBy('GET'));
  for (const [path, handler] of Object.entries(done)) router.post(path, ...posted(handler)).all(path, onlyBy('POST'));
  router
    .get('/cabinet/bookings/:id/move', page(showMove))
    .post('/cabinet/bookings/:id/move', ...posted(moveBookingHere))
    .all('/cabinet/bookings/:id/move', onlyBy('GET', 'POST'));
  router.post('/leave', ...posted(leave)).all('/leave', onlyBy('POST'));
  router.use(troubles(parts));
  return router;
}

const isForPeople = (request: Request, response: Response) => {
  const { person, isVisitor } = callerOf(response);
  return Boolean(person || isVisitor) && request.accepts(['html', 'json']) === 'html';
};

/** `/s/12-haircut` is a service, `/s/p3-anna` a person; shown at once, for leading elsewhere would take another round trip. */
const shortLink: SiteHandler = (parts, view, request) => {
  const [, isPerson, id] = /^\/s\/(p?)(\d{1,9})(?:-.*)?$/.exec(decodeURIComponent(request.path)) ?? [];
  if (id === undefined) throw new Refused('missing', 'no short link');
  return showChosen(parts, view, isPerson ? { who: id } : { service: id });
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
    const status = statusOf(error);
    if (status >= 500) log.error({ err: error }, 'a page of the site failed');
    const view = await viewOf(parts.open, request, response).catch(() => null);
    if (!view) return next(error);
    if (status === 429) response.set('Retry-After', '60');
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

function statusOf(error: unknown): number {
  if (error instanceof Problem) return error.status;
  if (error instanceof Refused)
    return { missing: 404, conflict: 409, not_allowed: 403, invalid: 422, unknown: 401, too_many: 429 }[error.kind];
  const { status } = error as { status?: unknown };
  return typeof status === 'number' && status >= 400 && status < 500 ? status : 500;
}
