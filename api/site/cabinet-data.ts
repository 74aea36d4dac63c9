import { dayOf } from '../../queues/time/calendar.ts';
import type { Cabinet } from './cabinet.ts';
import { field } from './contact-form.ts';
import { type Html, html } from './html.ts';
import type { View } from './view.ts';

type OwnRequest = {
  kind: 'show' | 'correct' | 'erase' | 'stop';
  asked_on: string;
  due_on: string;
  done_at: string | null;
  answer: string | null;
};
/** To see it is no request here: the file is at hand. */
export const ASKED = ['correct', 'erase', 'stop'] as const;

/** What whoever is looked at asked about their own data. */
export const ownRequests = ({ ask, of }: Cabinet) =>
  ask<{ items: readonly OwnRequest[] }>('GET /api/people/{id}/data-requests', { params: { id: of.id } });

/** Everything that is kept of whoever is looked at, as a file that the browser saves, and what they ask the studio to do with it. */
export function dataOf({ view, of, to }: Cabinet, requests: readonly OwnRequest[]): Html {
  const { t } = view;
  const href = of.isSelf ? '/me/data' : `/api/people/${of.id}/data`;
  const choice = (kind: (typeof ASKED)[number]) =>
    html`<p class="check"><input type="radio" id="ask-${kind}" name="kind" value="${kind}" required><label for="ask-${kind}">${t(`cabinet.ask.${kind}`)}</label></p>`;
  return html`<section aria-labelledby="data"><h2 id="data">${t('cabinet.data')}</h2><p>${of.isSelf ? t('cabinet.data.about') : t('cabinet.data.of', { name: of.name })}</p>
    <p><a class="button second" href="${href}" download data-whole>${t('cabinet.data.save')}</a></p>
    ${requests.length > 0 && html`<ul class="cards">${requests.map((one) => requestCard(view, one))}</ul>`}
    <form method="post" action="${to('/cabinet/data-requests')}" class="narrow">${view.guard}
    <fieldset><legend>${t('cabinet.ask')}</legend>${ASKED.map(choice)}</fieldset>
    ${field({ name: 'note', label: t('cabinet.ask.note'), hint: t('cabinet.ask.hint'), attributes: html`maxlength="500"` })}
    <button class="second">${t('cabinet.ask.send')}</button></form></section>`;
}

function requestCard({ t, date, zone }: View, { kind, asked_on, due_on, done_at, answer }: OwnRequest): Html {
  const state = done_at
    ? [t('cabinet.ask.done', { when: date(dayOf(new Date(done_at), zone)) }), answer].filter(Boolean).join(': ')
    : t('cabinet.ask.open', { when: date(due_on) });
  return html`<li class="card"><strong>${t(`cabinet.asked.${kind}`)}</strong><span class="quiet">${date(asked_on)}</span><span>${state}</span></li>`;
}
