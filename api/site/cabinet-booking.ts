import { addDays, dayOf, daysBetween } from '../../queues/time/calendar.ts';
import type { Booking } from '../../sql/bookings/rows.ts';
import { whereIsBooking } from '../../sql/site/where.ts';
import { type CancelTerms, cancelTerms, freeOnceMoved } from '../../workers/bookings/cancel-terms.ts';
import { freeUntil } from '../../workers/free-until.ts';
import { Refused } from '../../workers/refusal.ts';
import { startsToMove } from '../../workers/site/move-starts.ts';
import { labelled, zoneNote } from './book-page.ts';
import { type Cabinet, cabinetPage, idFrom, inCabinet, pressForm } from './cabinet.ts';
import { type Html, html } from './html.ts';
import { actAsVisitor, refusalFrom, type SiteAnswer } from './site.ts';
import type { SiteText } from './words.ts';

/** A booking of whoever is looked at; a trainer's bookings of clients are not theirs here. */
async function bookingOf(cabinet: Cabinet): Promise<Booking> {
  const booking = await cabinet.ask<Booking>('GET /bookings/{id}', { params: { id: idFrom(cabinet) } });
  if (booking.client_id !== cabinet.of.id || booking.client_id === booking.specialist_id)
    throw new Refused('missing', 'the booking of somebody else');
  return booking;
}

type Shown = { trouble?: string; status?: number };

/** `GET /cabinet/bookings/ID` */
export const showBooking = inCabinet(async (cabinet) => bookingPage(cabinet, await bookingOf(cabinet)));

async function bookingPage(cabinet: Cabinet, booking: Booking, shown: Shown = {}) {
  const { view, to } = cabinet;
  const { t, money, now } = view;
  const terms = cancelTerms(booking, now);
  const state = booking.status === 'CONFIRMED' ? false : t(`cabinet.status.${booking.status}`);
  const path = `/cabinet/bookings/${booking.id}`;
  const place = await whereIsBooking(cabinet.parts.open.fleet.db, booking.id);
  return cabinetPage(cabinet, {
    title: `${booking.service}, ${view.moment(booking.starts_at)}`,
    ...shown,
    main: html`${state && html`<p class="note" data-next>${state}</p>`}
      <dl class="summary"><dt>${t('held.service')}</dt><dd>${t('held.minutes', { service: booking.service, minutes: booking.duration_minutes })}</dd>
      <dt>${t('held.who')}</dt><dd>${booking.specialist}</dd>${place && html`<dt>${t('held.where')}</dt><dd>${place}</dd>`}
      <dt>${t('held.price')}</dt><dd>${booking.price_minor > 0 ? money(booking.price_minor) : t(booking.pay_from === 'package' || booking.pay_from === 'subscription' ? `pay.${booking.pay_from}` : 'free')}${booking.discounts.map(({ kind, discount_minor: minor }) => html`<br><span class="quiet">${t(kind === 'fitting' ? 'cabinet.less.fitting' : 'cabinet.less', { price: money(minor) })}</span>`)}</dd></dl>
      ${zoneNote(view, booking.starts_at)}
      ${booking.status === 'CONFIRMED' && terms && html`<p><a class="button" href="${to(`${path}/move`)}">${t('cabinet.move')}</a></p>`}
      ${
        terms &&
        html`<section aria-labelledby="cancel"><h2 id="cancel">${t('cabinet.cancel')}</h2>${termsWords(cabinet, booking, terms)}
        ${pressForm(cabinet, to(`${path}/cancel`), t(terms.outcome === 'safe' ? 'cabinet.cancel.safe' : 'cabinet.cancel.late'), { more: html`<input type="hidden" name="outcome" value="${terms.outcome}">` })}</section>`
      }
      <p class="weeks"><a href="${to('/cabinet')}">${t('cabinet.back')}</a></p>`,
  });
}

/** The consequence, before one presses. */
function termsWords({ view }: Cabinet, booking: Booking, { outcome, of, minor }: CancelTerms): Html {
  const { t, money, short } = view;
  const until = freeUntil(new Date(booking.starts_at));
  const when =
    outcome === 'safe'
      ? t('booked.until', { until: short(until) })
      : t(booking.moved_late ? 'cabinet.cancel.moved_late' : 'booked.binding');
  return html`<p>${when}</p><p>${t(`cabinet.back.${outcome}.${of}` as SiteText, { price: money(minor) })}</p>`;
}

/** `POST /cabinet/bookings/ID/cancel`: what was said before is what happens, or it is said anew. */
export const cancelBookingHere = inCabinet(async (cabinet): Promise<SiteAnswer> => {
  const { view, request, ask, to } = cabinet;
  const booking = await bookingOf(cabinet);
  const page = { to: to(`/cabinet/bookings/${booking.id}`) };
  if (booking.status === 'CANCELLED') return page;
  const terms = cancelTerms(booking, view.now);
  if (terms?.outcome !== request.body.outcome)
    return bookingPage(cabinet, booking, { trouble: view.t('cabinet.changed'), status: 409 });
  await ask('POST /bookings/{id}/cancel', { params: { id: booking.id }, body: { reason: 'site', by: 'client' } });
  return page;
});

/** `GET /cabinet/bookings/ID/move` */
export const showMove = inCabinet(async (cabinet) => movePage(cabinet, await bookingOf(cabinet)));

const WEEK = 7;
type DayCount = { date: string; starts: number };

async function movePage(cabinet: Cabinet, booking: Booking, shown: Shown = {}): Promise<SiteAnswer> {
  const { view, request, response, askMaybe, to, parts } = cabinet;
  const { t, longDay, weekday, date, now, zone } = view;
  const path = `/cabinet/bookings/${booking.id}`;
  const terms = cancelTerms(booking, now);
  if (!terms || booking.status !== 'CONFIRMED') return { to: to(path) };
  const counts = await askMaybe<{ days: readonly DayCount[] }>('GET /slots/counts', {
    query: { service_id: String(booking.service_id), specialist_id: String(booking.specialist_id) },
  });
  const days = counts?.days ?? [];
  const own = dayOf(new Date(booking.starts_at), zone);
  const chosen = days.find(({ date: day }) => day === request.query.day)?.date ?? days.find(({ date: day }) => day === own)?.date;
  const today = days[0]?.date ?? dayOf(now, zone);
  const week = Math.floor(daysBetween(today, chosen ?? today) / WEEK);
  const starts = chosen ? await actAsVisitor(parts, request, response, (context) => startsToMove(booking, chosen, context)) : [];
  const start = starts.find((free) => free === request.query.start);
  const lost = request.query.start !== undefined && !start ? { trouble: t('trouble.slot') } : {};
  const link = (day: string) => to(`${path}/move`, { day });
  return cabinetPage(cabinet, {
    title: t('cabinet.move.title', { service: booking.service }),
    ...lost,
    ...shown,
    main: html`<p>${t('cabinet.move.now', { when: view.moment(booking.starts_at), who: booking.specialist })}</p>
      ${terms.outcome === 'late' && html`<p class="note">${t('cabinet.move.late')}</p>`}
      ${days.length === 0 && html`<p>${t('book.full')}</p>`}
      <ol class="days">${days
        .slice(week * WEEK, week * WEEK + WEEK)
        .map(
          ({ date: day, starts: count }) =>
            html`<li><a data-key="day-${day}" href="${link(day)}" class="${count === 0 && 'none'}" ${day === chosen && html`aria-current="date"`}><span class="unseen">${longDay(day)}</span><span aria-hidden="true">${weekday(day)}</span><strong aria-hidden="true">${date(day)}</strong></a></li>`,
        )}</ol>
      <p class="weeks">${week > 0 && html`<a rel="prev" data-key="prev" href="${link(addDays(today, (week - 1) * WEEK))}">${t('book.week.before')}</a>`}
        ${days.length > (week + 1) * WEEK && html`<a rel="next" data-key="next" href="${link(addDays(today, (week + 1) * WEEK))}">${t('book.week.after')}</a>`}</p>
      ${chosen && (starts.length === 0 ? html`<p data-next>${t('book.day.full', { day: longDay(chosen) })}</p>` : startsList(cabinet, `${path}/move`, chosen, starts, start))}
      ${chosen && start && moveForm(cabinet, booking, `${path}/move`, chosen, start)}
      <p class="weeks"><a href="${to(path)}">${t('cabinet.back.booking')}</a></p>`,
  });
}

/** The starts of a day to choose from, each a link, so that it is read what the chosen one means before anything moves. */
function startsList(
  { view, to }: Cabinet,
  path: string,
  day: string,
  starts: readonly string[],
  chosen: string | undefined,
): Html {
  const { t, longDay, zone } = view;
  return html`<section><h2 ${!chosen && html`data-next`}>${longDay(day)}</h2>
    <p class="quiet">${t('zone', { zone: zone.replaceAll('_', ' ') })}</p>${zoneNote(view, String(starts[0]))}
    <ul class="starts">${labelled(view, starts).map(
      ({ start, label }) =>
        html`<li><a class="button" data-start="${start}" href="${to(path, { day, start })}" aria-label="${t('cabinet.move.choose', { day: longDay(day), time: label })}" ${start === chosen && html`aria-current="true"`}>${label}</a></li>`,
    )}</ul></section>`;
}

/** Until when the chosen start can be cancelled for free, or that it cannot, and the button that moves the booking there. */
function moveForm({ view, to }: Cabinet, booking: Booking, path: string, day: string, start: string): Html {
  const { t, short, moment, now } = view;
  const until = freeOnceMoved(booking, new Date(start), now);
  return html`<section aria-labelledby="there"><h2 id="there" data-next>${t('cabinet.move.there', { when: moment(start) })}</h2>
    ${until ? html`<p>${t('booked.until', { until: short(until) })}</p>` : html`<p class="note">${t('cabinet.move.binding')}</p>`}
    <form method="post" action="${to(path, { day })}" class="narrow">${view.guard}<button name="start" value="${start}">${t('cabinet.move.to', { when: moment(start) })}</button></form></section>`;
}

/** `POST /cabinet/bookings/ID/move`: moves it, or it stays where it was and what is free stands in place. */
export const moveBookingHere = inCabinet(async (cabinet): Promise<SiteAnswer> => {
  const { view, request, ask, to } = cabinet;
  const booking = await bookingOf(cabinet);
  const start = String(request.body.start ?? '');
  try {
    await ask('POST /bookings/{id}/reschedule', { params: { id: booking.id }, body: { starts_at: start } });
    return { to: to(`/cabinet/bookings/${booking.id}`) };
  } catch (error) {
    const { status } = refusalFrom(error);
    if (status !== 409 && status !== 422) throw error;
    return movePage(cabinet, booking, { trouble: view.t('trouble.slot'), status });
  }
});
