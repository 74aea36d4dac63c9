import type { z } from 'zod';
import type { Booking } from '../../sql/bookings/rows.ts';
import type { siteService, siteSpecialist } from '../../sql/site/catalogue.ts';
import type { SiteHold } from '../../sql/site/holds.ts';
import { freeUntil } from '../../workers/free-until.ts';
import { LEAST_SERVICES, MOST_SERVICES, type VisitDay, type VisitWish } from '../../workers/site/visit-starts.ts';
import { chooseStart, partText, zoneNote } from './book-page.ts';
import { codeForm, contactFields } from './contact-form.ts';
import { forParam, whomChips } from './for-whom.ts';
import { type LastStep, slotChoice } from './held-page.ts';
import { type Html, html } from './html.ts';
import type { Page } from './page.ts';
import type { View } from './view.ts';
import type { SiteText } from './words.ts';

type Service = z.output<typeof siteService>;
type Specialist = z.output<typeof siteSpecialist>;
export type VisitChoice = {
  services: readonly Service[];
  specialists: readonly Specialist[];
  wishes: readonly VisitWish[];
  day?: string;
  /** Every day that can be booked, where there are services enough. */
  days?: readonly VisitDay[];
  trouble?: string;
};

/** What a visit is wished to be, as its address says it: `12.7-5` is service 12 with anybody, then 7 with specialist 5. */
export const partsText = (wishes: readonly VisitWish[]) => wishes.map(partText).join('.');

/** Some services, who gives each, and when: one page, whose state is its address. */
export function visitChoicePage(view: View, choice: VisitChoice, status = 200): Page {
  const { t, link, money } = view;
  const { services, wishes, day, days, trouble } = choice;
  const to = (other: readonly VisitWish[], more: { day?: string } = { day }) =>
    link('/visit', { parts: partsText(other) || undefined, ...more });
  const about = (one: Service) =>
    t('book.about', { minutes: one.duration_minutes, price: one.price_minor ? money(one.price_minor) : t('free') });
  const addition = (chosen: number, cards: readonly Html[]) =>
    chosen < LEAST_SERVICES
      ? html`<section aria-labelledby="add"><h2 id="add">${chosen === 0 ? t('book.what') : t('visit.add')}</h2><ul class="cards">${cards}</ul></section>`
      : html`<details><summary>${t('visit.add')}</summary><ul class="cards">${cards}</ul></details>`;
  const left = services.filter(({ id }) => !wishes.some(({ serviceId }) => serviceId === id));
  return {
    title: t('visit.title'),
    description: t('visit.lead'),
    status,
    isEmbeddable: true,
    main: html`<h1>${t('visit.title')}</h1><p class="lead">${t('visit.lead')}</p>
      ${wishes.length > 0 && html`<ol class="visit">${wishes.map((wish, n) => partOf(view, choice, wish, n, to))}</ol>`}
      ${
        wishes.length < MOST_SERVICES &&
        left.length > 0 &&
        addition(
          wishes.length,
          left.map(
            (one) =>
              html`<li><a class="card" href="${to([...wishes, { serviceId: one.id }])}"><strong>${one.name}</strong><span>${about(one)}</span></a></li>`,
          ),
        )
      }
      ${
        days
          ? chooseStart(view, { days, day, trouble, full: t('visit.full') }, (other) => to(wishes, { day: other }), {
              action: link('/visit'),
              hidden: html`<input type="hidden" name="parts" value="${partsText(wishes)}">${view.guard}`,
            })
          : wishes.length > 0 && wishes.length < LEAST_SERVICES && html`<p>${t('visit.one_more')}</p>`
      }
      <p class="weeks"><a href="${link('/')}">${t('visit.single')}</a></p>`,
  };
}

/** A service of the visit: what it is, who gives it, and out with it. */
function partOf(
  { t, money }: View,
  { services, specialists, wishes }: VisitChoice,
  wish: VisitWish,
  n: number,
  to: (wishes: readonly VisitWish[]) => string,
): Html {
  const service = services.find(({ id }) => id === wish.serviceId) as Service;
  const giving = specialists.filter(({ service_ids }) => service_ids.includes(service.id));
  const chip = (specialistId: number | undefined, name: string) => {
    const other = wishes.map((one) => (one === wish ? { serviceId: wish.serviceId, specialistId } : one));
    return html`<li><a class="chip" data-key="who-${service.id}-${specialistId ?? 0}" href="${to(other)}" ${specialistId === wish.specialistId && html`aria-current="true"`}>${name}</a></li>`;
  };
  const price = service.price_minor ? money(service.price_minor) : t('free');
  const without = to(wishes.filter((one) => one !== wish));
  return html`<li><section aria-labelledby="part-${n}"><h2 id="part-${n}">${n + 1}. ${service.name}</h2>
    <p class="quiet">${t('book.about', { minutes: service.duration_minutes, price })} · <a href="${without}" aria-label="${t('visit.remove', { service: service.name })}">${t('visit.leave_out')}</a></p>
    <ul class="chips" aria-label="${t('book.who')}">${giving.length > 1 && chip(undefined, t('book.anybody'))}${giving.map((one) => chip(one.id, one.name))}</ul></section></li>`;
}

export type VisitView = LastStep & {
  holds: readonly SiteHold[];
  /** What it would be for whoever is known; null where it cannot be had. */
  plan: readonly Booking[] | null;
};
/** One line of a visit, be it held or booked. */
type Line = Pick<Booking, 'starts_at' | 'service' | 'specialist' | 'room' | 'duration_minutes'> & { price: Html };

/** The last step: all services with their prices, who books, and the button that says all of it. */
export function visitPage(view: View, visit: VisitView, status = 200): Page {
  const { t, link, guard } = view;
  const { token, holds, plan, isKnown, chosen = null, by, typed = {}, wrong = {}, slots, code } = visit;
  const [first] = holds as [SiteHold];
  const path = `/visit/${token}`;
  const action = link(path, forParam(chosen));
  const total = sumOfPrices(plan ?? holds.map(({ service_price_minor }) => ({ price_minor: service_price_minor })));
  const lines = plan
    ? plan.map((one) => ({ ...one, price: priceWords(view, one) }))
    : holds.map((one) => ({ ...one, price: html`${priceText(view, one.service_price_minor)}` }));
  const cannot = !isKnown && !by.mail && !by.telegram;
  const enter = link('/enter', { next: path });
  const words = buttonWords(view, first.starts_at, holds.length, total, Boolean(slots));
  const form = html`<form method="post" action="${action}" class="narrow">${guard}${visit.as && html`<input type="hidden" name="as" value="${visit.as}">`}<input type="hidden" name="total" value="${total}">
    ${slots && slotChoice(view, slots, elsewhere(view, holds))}
    ${!isKnown && !cannot && html`<h2>${t('held.you')}</h2><p><a href="${enter}" target="_top">${t('held.enter')}</a></p>${contactFields(view, typed, wrong, by)}`}
    ${cannot ? html`<p>${t('held.only_known')}</p><p><a class="button" href="${enter}" target="_top">${t('menu.enter')}</a></p>` : slots?.length !== 0 && html`<button class="main">${words}</button>`}</form>`;
  const until = holds.every(({ held_until }) => held_until !== null) ? first.held_until : null;
  return {
    title: view.moment(first.starts_at),
    status,
    isEmbeddable: true,
    main: html`<h1>${view.moment(first.starts_at)}</h1>
      ${visit.trouble && html`<p role="alert" class="trouble">${visit.trouble}</p>`}
      ${whomChips(view, path, chosen)}${lineTable(view, lines, total)}${zoneNote(view, first.starts_at)}
      ${until ? html`<p class="quiet">${t('held.until', { time: view.time(until) })}</p>` : !slots && html`<p class="quiet">${t('held.over')}</p>`}
      ${code ? codeForm(view, action, words, code) : form}
      <p class="weeks"><a href="${elsewhere(view, holds)}">${t('visit.other')}</a></p>`,
  };
}

const elsewhere = (view: View, holds: readonly SiteHold[]) =>
  view.link('/visit', {
    parts: partsText(holds.map((one) => ({ serviceId: one.service_id, specialistId: one.asked_specialist_id ?? undefined }))),
  });

/** What a visit costs in all. */
export const sumOfPrices = (lines: readonly { price_minor: number }[]) =>
  lines.reduce((sum, { price_minor }) => sum + price_minor, 0);

function lineTable(view: View, lines: readonly Line[], total: number): Html {
  const { t } = view;
  return html`<table class="lines"><caption class="unseen">${t('held.price')}</caption><tbody>${lines.map(
    (one) =>
      html`<tr><th scope="row">${view.time(one.starts_at)} · ${t('held.minutes', { service: one.service, minutes: one.duration_minutes })}<br><span class="quiet">${[one.specialist, one.room].filter(Boolean).join(', ')}</span></th><td>${one.price}</td></tr>`,
  )}</tbody><tfoot><tr><th scope="row">${t('held.total')}</th><td>${priceText(view, total)}</td></tr></tfoot></table>`;
}

const priceText = ({ t, money }: View, minor: number) => (minor > 0 ? money(minor) : t('free'));

/** What one booking costs: what pays for it, or its price beside what the service costs without the discount. */
export function priceWords(view: View, { pay_from, price_minor, service_price_minor }: Booking): Html {
  if (pay_from === 'package' || pay_from === 'subscription') return html`${view.t(`pay.${pay_from}` as SiteText)}`;
  const price = priceText(view, price_minor);
  return price_minor < service_price_minor
    ? html`<s class="quiet">${view.money(service_price_minor)}</s> ${price}`
    : html`${price}`;
}

function buttonWords(view: View, startsAt: string, count: number, total: number, isAnew: boolean): string {
  const { t, money, short, now } = view;
  const price = total > 0 ? t('pay.later', { price: money(total) }) : t('pay.free');
  if (isAnew) return t('deal.chosen', { price });
  const until = freeUntil(new Date(startsAt));
  const cancel = until > now ? t('deal.until', { until: short(until) }) : t('deal.binding');
  return t('visit.book', { count, when: short(startsAt), price, cancel });
}

/** It is done. */
export function bookedVisitPage(view: View, bookings: readonly Booking[], offer: Html | false): Page {
  const { t, link, short, now, person } = view;
  const [first] = bookings as [Booking];
  const until = freeUntil(new Date(first.starts_at));
  const lines = bookings.map((one) => ({
    ...one,
    price: one.status === 'CANCELLED' ? html`${t('cabinet.status.CANCELLED')}` : priceWords(view, one),
  }));
  const kept = bookings.filter(({ status }) => status !== 'CANCELLED');
  const title = kept.length > 0 ? t('booked.title') : t('booked.off');
  return {
    title,
    isEmbeddable: true,
    main: html`<h1>${title}</h1><p class="lead">${view.moment(first.starts_at)}</p>${lineTable(view, lines, sumOfPrices(kept))}${zoneNote(view, first.starts_at)}
      ${kept.length > 0 && html`<p>${until > now ? t('visit.until', { until: short(until) }) : t('booked.binding')}</p>${offer}`}
      <p>${person && html`<a class="button" href="${link('/cabinet', person.id === first.client_id ? {} : { of: first.client_id })}">${t('cabinet')}</a> `}<a class="button second" href="${link('/')}">${t('booked.again')}</a></p>`,
  };
}
