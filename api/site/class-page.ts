import type { z } from 'zod';
import type { siteClass } from '../../sql/site/classes.ts';
import { freeUntil } from '../../workers/free-until.ts';
import { zoneNote } from './book-page.ts';
import { type CodeStep, codeForm, contactFields, type TypedContact, type WrongFields } from './contact-form.ts';
import { type ForWhom, forParam, whomChips } from './for-whom.ts';
import { type Html, html } from './html.ts';
import type { Page } from './page.ts';
import type { View } from './view.ts';

export type Class = z.output<typeof siteClass>;
export type ClassStanding = 'REGISTERED' | 'WAITLIST' | null;

/** Classes of the days to come. @param standing how whoever looks stands in each */
export function classesPage(view: View, classes: readonly Class[], standing: ReadonlyMap<number, ClassStanding>): Page {
  const { t, longDay } = view;
  const days = [...Map.groupBy(classes, ({ training_date }) => training_date)];
  return {
    title: t('classes.title'),
    description: t('classes.lead'),
    isEmbeddable: true,
    main: html`<h1>${t('classes.title')}</h1><p class="lead">${t('classes.lead')}</p>
      ${classes[0] && zoneNote(view, classes[0].starts_at)}
      ${days.length === 0 && html`<p>${t('classes.none')}</p>`}
      ${days.map(([day, own]) => html`<section aria-labelledby="d${day}"><h2 id="d${day}">${longDay(day)}</h2><ul class="classes">${own.map((one) => classRow(view, one, standing.get(one.id) ?? null))}</ul></section>`)}`,
  };
}

const classRow = (view: View, one: Class, standing: ClassStanding): Html =>
  html`<li><a class="card row" href="${view.link(`/classes/${one.id}`)}"><strong>${view.time(one.starts_at)}–${view.time(one.ends_at)}</strong>
    <span><strong>${one.name}</strong><br><span class="quiet">${one.trainer}</span></span>
    <span class="${one.free_places === 0 && 'quiet'}">${standing ? view.t(standing === 'REGISTERED' ? 'classes.in' : 'classes.waiting') : placesOf(view, one)}</span></a></li>`;

const placesOf = ({ t }: View, { free_places }: Class) =>
  free_places > 0 ? t('classes.free', { count: free_places }) : t('classes.full');

export type ClassStep = {
  by: { mail: boolean; telegram: boolean };
  typed?: TypedContact;
  wrong?: WrongFields;
  trouble?: string;
  code?: CodeStep;
  status?: number;
  chosen?: ForWhom | null;
};

/** One class: join it, wait for a place, or give it up. */
export function classPage(view: View, one: Class, standing: ClassStanding, step: ClassStep): Page {
  const { t, money } = view;
  const title = `${one.name}, ${view.moment(one.starts_at)}`;
  return {
    title,
    status: step.status,
    isEmbeddable: true,
    main: html`<h1>${one.name}</h1><p class="lead">${view.moment(one.starts_at)}</p>
      ${step.trouble && html`<p role="alert" class="trouble">${step.trouble}</p>`}
      <dl class="summary"><dt>${t('held.who')}</dt><dd>${one.trainer}</dd>${one.place && html`<dt>${t('held.where')}</dt><dd>${one.place}</dd>`}
      <dt>${t('held.price')}</dt><dd>${one.is_subscription_only ? t('classes.by_subscription') : one.price_minor > 0 ? t('classes.price', { price: money(one.price_minor) }) : t('free')}</dd>
      <dt>${t('classes.places')}</dt><dd>${placesOf(view, one)}</dd></dl>${zoneNote(view, one.starts_at)}
      ${whomChips(view, `/classes/${one.id}`, step.chosen ?? null)}${acts(view, one, standing, step)}`,
  };
}

function acts(
  view: View,
  one: Class,
  standing: ClassStanding,
  { by, typed = {}, wrong = {}, code, chosen = null }: ClassStep,
): Html {
  const { t, link, guard, person, now, short } = view;
  const action = link(`/classes/${one.id}`, forParam(chosen));
  const until = freeUntil(new Date(one.starts_at));
  const isFree = until > now;
  const button = (act: string, words: string, look = 'main') =>
    html`<form method="post" action="${action}" class="narrow">${guard}<button name="act" value="${act}" class="${look}">${words}</button></form>`;
  if (standing === 'REGISTERED')
    return html`<p data-next>${chosen && !chosen.isSelf ? t('classes.is_in', { name: chosen.whom.name }) : t('classes.are_in')}</p><p>${isFree ? t('booked.until', { until: short(until) }) : t('classes.leave.late')}</p>${button('leave', t(isFree ? 'classes.leave.free' : 'classes.leave.charged'), 'second')}`;
  if (standing === 'WAITLIST')
    return html`<p data-next>${chosen && !chosen.isSelf ? t('classes.is_waiting', { name: chosen.whom.name }) : t('classes.are_waiting')}</p>${button('unwait', t('classes.unwait'), 'second')}`;
  const words =
    one.free_places > 0
      ? t('classes.join', {
          when: short(one.starts_at),
          cancel: isFree ? t('deal.until', { until: short(until) }) : t('deal.binding'),
        })
      : t('classes.wait');
  if (person) return button(one.free_places > 0 ? 'join' : 'wait', words);
  const enter = link('/enter', { next: `/classes/${one.id}` });
  if (code) return codeForm(view, action, words, code);
  if (!by.mail && !by.telegram)
    return html`<p>${t('held.only_known')}</p><p><a class="button" href="${enter}" target="_top">${t('menu.enter')}</a></p>`;
  return html`<form method="post" action="${action}" class="narrow">${guard}<h2>${t('held.you')}</h2><p><a href="${enter}" target="_top">${t('held.enter')}</a></p>
    ${contactFields(view, typed, wrong, by)}<button class="main">${words}</button></form>`;
}
