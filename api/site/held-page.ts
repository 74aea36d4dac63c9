import type { Cover } from '../../sql/bookings/covers.ts';
import type { Booking } from '../../sql/bookings/rows.ts';
import type { SiteHold } from '../../sql/site/holds.ts';
import { freeUntil } from '../../workers/free-until.ts';
import type { Deal, WayToPay } from '../../workers/site/book-held.ts';
import { labelled, zoneNote } from './book-page.ts';
import { type CodeStep, codeForm, contactFields, type TypedContact, type WrongFields } from './contact-form.ts';
import { type ForWhom, forParam, whomChips } from './for-whom.ts';
import { type Html, html } from './html.ts';
import type { Page } from './page.ts';
import type { View } from './view.ts';
import type { SiteText } from './words.ts';

/** The last step of what a token holds, be it one service or a visit. */
export type LastStep = {
  token: string;
  /** Who books, where that is known. */
  isKnown: boolean;
  /** For whom it is, where that can be chosen. */
  chosen?: ForWhom | null;
  /** Says who it is, where no cookie does. */
  as?: string;
  by: { mail: boolean; telegram: boolean };
  typed?: TypedContact;
  wrong?: WrongFields;
  trouble?: string;
  /** The starts that are left, where what was held is lost. */
  slots?: readonly string[];
  code?: CodeStep;
};
export type HeldView = LastStep & {
  hold: SiteHold;
  deal: Deal;
};

/** The last step: the deal, who books, and the button that says all of it. */
export function heldPage(view: View, held: HeldView, status = 200): Page {
  const { t, link, guard } = view;
  const { token, hold, deal, isKnown, by, chosen = null, typed = {}, wrong = {}, slots, code } = held;
  const action = link(`/book/${token}`, { ...forParam(chosen), price: deal.priceMinor });
  const cannot = !isKnown && !by.mail && !by.telegram;
  const enter = link('/enter', { next: `/book/${token}` });
  const form = html`<form method="post" action="${action}" class="narrow">${guard}${held.as && html`<input type="hidden" name="as" value="${held.as}">`}
    ${slots && slotChoice(view, slots)}
    ${!isKnown && !cannot && html`<h2>${t('held.you')}</h2><p><a href="${enter}" target="_top">${t('held.enter')}</a></p>${contactFields(view, typed, wrong, by)}`}
    ${cannot ? html`<p>${t('held.only_known')}</p><p><a class="button" href="${enter}" target="_top">${t('menu.enter')}</a></p>` : deal.ways.map((way, n) => html`<button name="pay" value="${way}" class="${n === 0 ? 'main' : 'second'}">${slots ? dealWords(view, hold, deal, way, 'chosen') : dealWords(view, hold, deal, way)}</button>`)}
    </form>`;
  return {
    title: view.moment(hold.starts_at),
    status,
    isEmbeddable: true,
    main: html`<h1>${view.moment(hold.starts_at)}</h1>
      ${held.trouble && html`<p role="alert" class="trouble">${held.trouble}</p>`}
      ${whomChips(view, `/book/${token}`, chosen)}${summary(view, held)}
      ${hold.held_until ? html`<p class="quiet">${t('held.until', { time: view.time(hold.held_until) })}</p>` : !slots && html`<p class="quiet">${t('held.over')}</p>`}
      ${view.person && !code && html`<p><a href="${link(`/book/${token}/weekly`, forParam(chosen))}">${t('weekly.link')}</a></p>`}
      ${code ? codeForm(view, action, dealWords(view, hold, deal, deal.ways[0] ?? 'later'), code) : form}`,
  };
}

function summary(view: View, { hold, deal: { lines, priceMinor, cover } }: HeldView): Html {
  const { t, money } = view;
  const total = cover ? money(0) : priceMinor > 0 ? money(priceMinor) : t('free');
  const place = [hold.location, hold.address, hold.room].filter(Boolean).join(', ');
  return html`<dl class="summary"><dt>${t('held.service')}</dt><dd>${t('held.minutes', { service: hold.service, minutes: hold.duration_minutes })}</dd>
    <dt>${t('held.who')}</dt><dd>${hold.specialist}</dd>${place && html`<dt>${t('held.where')}</dt><dd>${place}</dd>`}</dl>
    ${zoneNote(view, hold.starts_at)}
    <table class="lines"><caption class="unseen">${t('held.price')}</caption><tbody>${lines.map(
      ({ kind, basisPoints, minor }) =>
        html`<tr><th scope="row">${kind === 'service' ? hold.service : lineWords(view, kind, basisPoints)}</th><td>${money(minor)}</td></tr>`,
    )}${cover && html`<tr><th scope="row">${coverWords(view, cover)}</th><td>${money(priceMinor && -priceMinor)}</td></tr>`}</tbody><tfoot><tr><th scope="row">${t('held.total')}</th><td>${total}</td></tr></tfoot></table>`;
}

/** What pays, and how much of it is left afterwards. */
function coverWords({ t }: View, { way, name, left }: Cover): string {
  if (left === null) return t('held.cover.unlimited', { name });
  return t(way === 'package' ? 'held.cover.package' : 'held.cover.subscription', { name, left: left - 1 });
}

const lineWords = ({ t }: View, kind: string, basisPoints: number | null) =>
  kind === 'fixed'
    ? t('held.discount')
    : t(kind === 'fitting' ? 'held.fitting' : 'held.percent', { percent: (basisPoints ?? 0) / 100 });

/** The starts that are left, to choose one of. */
export const slotChoice = (view: View, slots: readonly string[], elsewhere = view.link('/')): Html =>
  slots.length === 0
    ? html`<p>${view.t('held.none_left')} <a href="${elsewhere}">${view.t('held.other_day')}</a></p>`
    : html`<fieldset class="starts"><legend>${view.t('held.others')}</legend>${labelled(view, slots).map(
        ({ start, label }, n) =>
          html`<label><input type="radio" name="start" value="${start}" ${n === 0 && 'checked'}>${label}</label>`,
      )}</fieldset>`;

/** "Book Fri 15:00 for 2,500, free to cancel until Fri 03:00" */
function dealWords(view: View, hold: SiteHold, { priceMinor }: Deal, way: WayToPay, chosen?: 'chosen'): string {
  const { t, money, short, now } = view;
  const price =
    way === 'package' || way === 'subscription'
      ? t(`pay.${way}`)
      : priceMinor > 0
        ? t(`pay.${way}` as SiteText, { price: money(priceMinor) })
        : t('pay.free');
  if (chosen) return t('deal.chosen', { price });
  if (way === 'later' && priceMinor === 0) return t('deal.plain', { when: short(hold.starts_at), price });
  const until = freeUntil(new Date(hold.starts_at));
  const cancel = until > now ? t('deal.until', { until: short(until) }) : t('deal.binding');
  return t('deal', { when: short(hold.starts_at), price, cancel });
}

/** It is done. */
export function bookedPage(view: View, booking: Booking, place: string | null, offer: Html | false = false): Page {
  const { t, link, money, short, now, person } = view;
  const until = freeUntil(new Date(booking.starts_at));
  const isOff = booking.status === 'CANCELLED';
  const title = t(isOff ? 'booked.off' : 'booked.title');
  const paid =
    booking.pay_from === 'later'
      ? booking.price_minor > 0
        ? t('booked.later', { price: money(booking.price_minor) })
        : t('free')
      : t(`booked.${booking.pay_from}`, { price: money(booking.price_minor) });
  return {
    title,
    isEmbeddable: true,
    main: html`<h1>${title}</h1><p class="lead">${view.moment(booking.starts_at)}</p>
      <dl class="summary"><dt>${t('held.service')}</dt><dd>${t('held.minutes', { service: booking.service, minutes: booking.duration_minutes })}</dd>
      <dt>${t('held.who')}</dt><dd>${booking.specialist}</dd>${place && html`<dt>${t('held.where')}</dt><dd>${place}</dd>`}
      ${person && person.id !== booking.client_id && html`<dt>${t('whom')}</dt><dd>${booking.client}</dd>`}<dt>${t('held.price')}</dt><dd>${paid}</dd></dl>${zoneNote(view, booking.starts_at)}
      ${!isOff && html`<p>${until > now ? t('booked.until', { until: short(until) }) : t('booked.binding')}</p>`}
      ${!isOff && offer}
      <p><a class="button second" href="${link('/')}">${t('booked.again')}</a></p>`,
  };
}
