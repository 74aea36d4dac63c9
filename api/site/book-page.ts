import type { z } from 'zod';
import { addDays, dayOf, daysBetween } from '../../queues/time/calendar.ts';
import type { siteService, siteSpecialist } from '../../sql/site/catalogue.ts';
import { firstOf } from '../../workers/site/starts.ts';
import type { VisitWish } from '../../workers/site/visit-starts.ts';
import type { DayStarts } from '../../workers/slots/starts-of.ts';
import { type Html, html } from './html.ts';
import type { Page } from './page.ts';
import { previewOfPerson, previewOfService } from './preview.ts';
import type { View } from './view.ts';

type Service = z.output<typeof siteService>;
type Specialist = z.output<typeof siteSpecialist>;
export type Choice = {
  services: readonly Service[];
  specialists: readonly Specialist[];
  service?: Service;
  who?: Specialist;
  day?: string;
  /** Every day that can be booked, where a service is chosen. */
  days?: readonly DayStarts[];
  /** Of the day that is shown, the starts that leave no time of no use. */
  tight?: ReadonlySet<string>;
  /** How much less those cost, in per cent. */
  fittingLess?: number;
  /** Why the start that was wished for could not be had. */
  trouble?: string;
};

/** Service, who, when: one page, whose state is its address. */
export function bookPage(view: View, choice: Choice, status = 200): Page {
  const { t } = view;
  const { service, who } = choice;
  const title = service ? (who ? t('book.title.who', { service: service.name, who: who.name }) : service.name) : t('book.title');
  return {
    title,
    description: service?.description ?? who?.bio ?? t('book.lead'),
    preview: service ? previewOfService(view, service) : who && previewOfPerson(view, who),
    status,
    isEmbeddable: true,
    main: html`<h1>${service ? title : t('book.title')}</h1>
      ${!service && html`<p class="lead">${view.company?.description ?? t('book.lead')}</p>`}
      ${servicesOf(view, choice)}${service && whoOf(view, choice, service)}${service && timesOf(view, choice, service)}`,
  };
}

function servicesOf(view: View, { services, service, who }: Choice): Html {
  const { t, link, money } = view;
  if (services.length === 0) return html`<p>${t('book.nothing')}</p>`;
  const about = (one: Service) =>
    t('book.about', { minutes: one.duration_minutes, price: one.price_minor ? money(one.price_minor) : t('free') });
  if (service)
    return html`<section class="chosen" aria-label="${t('book.what')}"><p>${about(service)}${service.description && html`<br>${service.description}`}</p>
      <a href="${link('/', { who: who?.id })}">${t('book.other')}</a>${services.length > 1 && html` <a href="${link('/visit', { parts: partText({ serviceId: service.id, specialistId: who?.id }) })}">${t('visit.link')}</a>`}</section>`;
  const shown = who ? services.filter(({ id }) => who.service_ids.includes(id)) : services;
  return html`<section aria-labelledby="what"><h2 id="what">${t('book.what')}</h2>
    ${who && html`<p>${t('book.with', { who: who.name })} · <a href="${link('/')}">${t('book.anybody.instead')}</a></p>`}
    <ul class="cards">${shown.map(
      (one) => html`<li><a class="card" href="${link('/', { service: one.id, who: who?.id })}"><strong>${one.name}</strong>
        <span>${about(one)}</span>${one.description && html`<span class="quiet">${one.description}</span>`}</a></li>`,
    )}</ul>${services.length > 1 && html`<p class="weeks"><a href="${link('/visit')}">${t('visit.link')}</a></p>`}</section>`;
}

/** A service and who gives it, as an address says it: `12`, `12-5`. */
export const partText = ({ serviceId, specialistId }: VisitWish) =>
  specialistId === undefined ? String(serviceId) : `${serviceId}-${specialistId}`;

function whoOf({ t, link }: View, { specialists, who, day }: Choice, service: Service): Html {
  const giving = specialists.filter(({ service_ids }) => service_ids.includes(service.id));
  const chip = (id: number | undefined, name: string, about?: string | null) => html`<li><a class="chip" data-key="who-${id ?? 0}"
    href="${link('/', { service: service.id, who: id, day })}" ${who?.id === id && html`aria-current="true"`}>${name}${about && html` <span class="quiet">${about}</span>`}</a></li>`;
  return html`<section aria-labelledby="who"><h2 id="who">${t('book.who')}</h2>
    <ul class="chips">${giving.length > 1 && chip(undefined, t('book.anybody'))}${giving.map((one) => chip(one.id, one.name, one.position))}</ul>
    ${who?.bio && html`<p class="bio">${who.bio}</p>`}</section>`;
}

const timesOf = (view: View, { days = [], day, tight, fittingLess, who, trouble }: Choice, service: Service): Html =>
  chooseStart(
    view,
    { days, day, tight, fittingLess, trouble, full: view.t('book.full') },
    (other) => view.link('/', { service: service.id, who: who?.id, day: other }),
    {
      action: view.link('/hold'),
      hidden: html`<input type="hidden" name="service" value="${service.id}">${who && html`<input type="hidden" name="who" value="${who.id}">`}${view.guard}`,
    },
  );

/** The day that is shown: the one that was asked for, else the first with a start. */
export const dayShown = <D extends DayStarts>(days: readonly D[], asked?: string): D | undefined =>
  days.find(({ date }) => date === asked) ?? days.find(({ starts }) => starts.length > 0) ?? days[0];

const WEEK = 7;

type When = {
  days: readonly DayStarts[];
  day?: string;
  tight?: ReadonlySet<string>;
  fittingLess?: number;
  trouble?: string;
  /** What is said where no day has a start. */
  full: string;
};

/**
 * The days of a week with their counts, and the starts of one of them, each a button that takes it.
 * @param to the address of a day
 * @param taking where a start is sent to, and what is sent with it
 */
export function chooseStart(
  view: View,
  { days, day: asked, tight, fittingLess, trouble, full }: When,
  to: (day: string) => string,
  taking: { action: string; hidden: Html },
): Html {
  const { t, longDay, weekday, date, zone, now } = view;
  const first = firstOf(days);
  const chosen = dayShown(days, asked);
  const today = days[0]?.date ?? dayOf(now, zone);
  const week = Math.floor(daysBetween(today, chosen?.date ?? today) / WEEK);
  const shown = days.slice(week * WEEK, week * WEEK + WEEK);
  const others = [
    week > 0 && html`<a rel="prev" data-key="prev" href="${to(addDays(today, (week - 1) * WEEK))}">${t('book.week.before')}</a>`,
    days.length > (week + 1) * WEEK &&
      html`<a rel="next" data-key="next" href="${to(addDays(today, (week + 1) * WEEK))}">${t('book.week.after')}</a>`,
  ];
  return html`<section aria-labelledby="when"><h2 id="when">${t('book.when')}</h2>
    ${trouble && html`<p role="alert" class="trouble">${trouble}</p>`}
    ${!first && html`<p>${full}</p>`}
    <ol class="days">${shown.map(
      ({
        date: day,
        starts,
      }) => html`<li><a data-key="day-${day}" href="${to(day)}" class="${starts.length === 0 && 'none'}" ${day === chosen?.date && html`aria-current="date"`}>
        <span class="unseen">${longDay(day)}: ${starts.length > 0 ? t('book.count', { count: starts.length }) : t('book.count.none')}</span>
        <span aria-hidden="true">${weekday(day)}</span><strong aria-hidden="true">${date(day)}</strong>
        <span aria-hidden="true" class="count">${starts.length > 0 ? t('book.free', { count: starts.length }) : '–'}</span>
        <span aria-hidden="true" class="count few">${starts.length || '–'}</span></a></li>`,
    )}</ol>
    <p class="weeks">${others}${first && html`<a data-key="first" href="${to(dayOf(new Date(first), zone))}">${t('book.first', { when: view.moment(first) })}</a>`}</p>
    ${chosen && startsOf(view, chosen, taking, tight, fittingLess)}</section>`;
}

/** So many of the starts that fit best stand first. */
const BEST = 3;

/**
 * The free starts of a day, each a button that takes it. Those that fit the day well have a mark where not all do, or where they cost less,
 * and where there are many starts the first of them stand above all others.
 */
function startsOf(
  view: View,
  { date, starts }: DayStarts,
  { action, hidden }: { action: string; hidden: Html },
  tight: ReadonlySet<string> = new Set(),
  less = 0,
): Html {
  const { t, longDay } = view;
  if (starts.length === 0) return html`<p data-next>${t('book.day.full', { day: longDay(date) })}</p>`;
  const fitting = starts.filter((start) => tight.has(start)).length;
  const areMarked = fitting > 0 && (fitting < starts.length || less > 0);
  const isMarked = (start: string) => areMarked && tight.has(start);
  const best = areMarked && starts.length > 2 * BEST ? starts.filter(isMarked).slice(0, BEST) : [];
  const words = (start: string, time: string) => {
    const key = isMarked(start) ? (less > 0 ? 'book.take.less' : 'book.take.fits') : 'book.take';
    return t(key, { day: longDay(date), time, percent: less });
  };
  const button = (start: string, label: string, look: string | false) =>
    html`<li><button name="start" value="${start}" class="${look}" aria-label="${words(start, label)}">${label}</button></li>`;
  return html`<form method="post" action="${action}">${hidden}<h3 data-next>${longDay(date)}</h3>
    <p class="quiet">${t('zone', { zone: view.zone.replaceAll('_', ' ') })}${areMarked && html` · <span class="fits">${less > 0 ? t('book.fits.less', { percent: less }) : t('book.fits')}</span>`}</p>${zoneNote(view, String(starts[0]))}
    ${best.length > 0 && html`<h4 id="best">${t('book.best')}</h4><ul class="best" aria-labelledby="best">${labelled(view, best).map(({ start, label }) => button(start, label, false))}</ul>`}
    <ul class="starts">${labelled(view, starts).map(({ start, label }) => button(start, label, isMarked(start) && 'fits'))}</ul></form>`;
}

/** Starts with their times. */
export const labelled = ({ time }: Pick<View, 'time'>, starts: readonly string[]) =>
  starts.map((start) => ({ start, label: time(start) }));

/** Filled in by the browser where its clock shows another time than the studio's. */
export const zoneNote = ({ t, zone }: View, at: string): Html =>
  html`<p class="note" data-zone="${zone}" data-at="${at}" data-words="${t('zone.differs', { there: '[there]', here: '[here]' })}" hidden></p>`;
