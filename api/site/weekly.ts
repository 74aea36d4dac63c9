import type { Request, Response } from 'express';
import type { Booking } from '../../sql/bookings/rows.ts';
import type { SiteHold } from '../../sql/site/holds.ts';
import {
  bookWeekly,
  EVERY,
  LEAST_TIMES,
  MOST_TIMES,
  planWeekly,
  type Weekly,
  type WeeklyDate,
} from '../../workers/site/book-weekly.ts';
import { demandHold } from '../../workers/site/hold.ts';
import { zoneNote } from './book-page.ts';
import { type ForWhom, forParam, forWhom, whomChips } from './for-whom.ts';
import { type Html, html } from './html.ts';
import { actAsVisitor, refusalFrom, type SiteAnswer, type SiteHandler, type SiteParts } from './site.ts';
import type { View } from './view.ts';
import { priceWords } from './visit-page.ts';

type Asked = { token: string; hold: SiteHold; chosen: ForWhom; weekly: Weekly };
const BOOKING = { name: 'POST /bookings', field: 'client_id' };
const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, n) => from + n);

/** Whoever signed in, what they hold, and how often they want it. Null for whoever is not signed in. */
async function askedOf(parts: SiteParts, view: View, request: Request, response: Response): Promise<Asked | null> {
  const token = String(request.params.token);
  const hold = await actAsVisitor(parts, request, response, (context) => demandHold(token, context));
  const chosen = await forWhom(parts, view, request, response, BOOKING);
  if (!chosen) return null;
  const every = EVERY.find((weeks) => String(weeks) === request.query.every) ?? 1;
  const times = range(LEAST_TIMES, MOST_TIMES).find((count) => String(count) === request.query.times) ?? 4;
  return { token, hold, chosen, weekly: { every, times } };
}

/** `GET /book/TOKEN/weekly`: the same time every week, each date free or taken, each with its price. */
export const showWeekly: SiteHandler = async (parts, view, request, response) => {
  const asked = await askedOf(parts, view, request, response);
  const path = `/book/${request.params.token}`;
  if (!asked) return { to: view.link('/enter', { next: path }) };
  if (asked.hold.booked_id !== null) return { to: view.link(`/booked/${asked.token}`) };
  return weeklyPage(parts, view, request, response, asked, null);
};

/** `POST /book/TOKEN/weekly`: all that were chosen, for what was said, or nothing; then what is free and what it costs is said anew. */
export const bookWeeklyHere: SiteHandler = async (parts, view, request, response): Promise<SiteAnswer> => {
  const asked = await askedOf(parts, view, request, response);
  if (!asked) return { to: view.link('/enter', { next: `/book/${request.params.token}` }) };
  const { token, chosen, weekly } = asked;
  const starts = [request.body.start ?? []].flat().map(String);
  if (request.body.act === 'price') return weeklyPage(parts, view, request, response, asked, starts);
  try {
    const wish = { chosen: starts, totalMinor: Number(request.body.total) };
    await actAsVisitor(parts, request, response, (context) => bookWeekly(token, chosen.whom.id, weekly, wish, context));
    return { to: view.link('/cabinet', chosen.isSelf ? {} : { of: chosen.whom.id }) };
  } catch (error) {
    if (refusalFrom(error).status !== 409) throw error;
    const words = starts.length === 0 ? 'weekly.none' : 'cabinet.changed';
    return weeklyPage(parts, view, request, response, asked, starts, { trouble: view.t(words), status: 409 });
  }
};

async function weeklyPage(
  parts: SiteParts,
  view: View,
  request: Request,
  response: Response,
  asked: Asked,
  starts: readonly string[] | null,
  shown: { trouble?: string; status?: number } = {},
): Promise<SiteAnswer> {
  const { t, link, money } = view;
  const { token, hold, chosen, weekly } = asked;
  const plan = (only: readonly string[] | null) =>
    actAsVisitor(parts, request, response, (context) => planWeekly(token, chosen.whom.id, weekly, only, context));
  const all = await plan(null);
  // What a package covers depends on which dates come before.
  const isAll = starts === null || all.every(({ startsAt, booking }) => booking === null || starts.includes(startsAt));
  const priced = isAll ? all : await plan(starts);
  const bookingAt = new Map(priced.map(({ startsAt, booking }) => [startsAt, booking]));
  const taken = priced.flatMap(({ booking }) => booking ?? []);
  const total = taken.reduce((sum, { price_minor }) => sum + price_minor, 0);
  const path = `/book/${token}/weekly`;
  const state = { every: weekly.every, times: weekly.times, ...forParam(chosen) };
  return {
    title: t('weekly.title', { service: hold.service }),
    status: shown.status,
    main: html`<h1>${t('weekly.title', { service: hold.service })}</h1><p class="lead">${view.moment(hold.starts_at)}, ${hold.specialist}</p>
      ${shown.trouble && html`<p role="alert" class="trouble">${shown.trouble}</p>`}
      ${whomChips(view, path, chosen, weekly)}${zoneNote(view, hold.starts_at)}
      <form method="get" action="${path}" class="narrow" data-whole>${!chosen.isSelf && html`<input type="hidden" name="for" value="${chosen.whom.id}">`}
        <p class="field"><label for="every">${t('weekly.every')}</label><select id="every" name="every">${EVERY.map((weeks) => html`<option value="${weeks}" ${weeks === weekly.every && 'selected'}>${t('weekly.weeks', { count: weeks })}</option>`)}</select></p>
        <p class="field"><label for="times">${t('weekly.times')}</label><select id="times" name="times">${range(LEAST_TIMES, MOST_TIMES).map((count) => html`<option ${count === weekly.times && 'selected'}>${count}</option>`)}</select></p>
        <button class="second">${t('weekly.show')}</button></form>
      <form method="post" action="${link(path, state)}">${view.guard}<input type="hidden" name="total" value="${total}">
        <table class="lines"><caption class="unseen">${t('held.price')}</caption><tbody>${all.map((date) => dateRow(view, date, bookingAt.get(date.startsAt) ?? null, isAll || starts.includes(date.startsAt)))}</tbody>
        <tfoot><tr><th scope="row">${t('held.total')}</th><td>${total > 0 ? money(total) : t('free')}</td></tr></tfoot></table>
        ${all.length < weekly.times && html`<p class="quiet">${t('weekly.horizon')}</p>`}
        <div class="narrow">${taken.length > 0 && html`<button name="act" value="book" class="main">${t('weekly.book', { count: taken.length, price: total > 0 ? t('pay.later', { price: money(total) }) : t('pay.free') })}</button>`}
        <button name="act" value="price" class="second">${t('weekly.price')}</button></div></form>
      <p class="weeks"><a href="${link(`/book/${token}`, forParam(chosen))}">${t('weekly.once')}</a></p>`,
  };
}

/** A date: whether it can be had, whether it is wanted, and what it costs with what. */
function dateRow(view: View, { startsAt, booking: free }: WeeklyDate, booking: Booking | null, isChosen: boolean): Html {
  const { t } = view;
  const words = view.moment(startsAt);
  if (!free) return html`<tr><th scope="row">${words}</th><td>${t('weekly.taken')}</td></tr>`;
  const id = `start-${Date.parse(startsAt)}`;
  return html`<tr><th scope="row"><span class="check"><input type="checkbox" id="${id}" name="start" value="${startsAt}" ${isChosen && 'checked'}><label for="${id}">${words}</label></span></th>
    <td>${booking ? priceWords(view, booking) : t('weekly.unpriced')}</td></tr>`;
}
