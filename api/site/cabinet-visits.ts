import { addDays, dayOf } from '../../queues/time/calendar.ts';
import type { Booking } from '../../sql/bookings/rows.ts';
import { cabinetPage, inCabinet } from './cabinet.ts';
import type { Listed, VisitRow } from './cabinet-ahead.ts';
import { html } from './html.ts';

const DAYS_BACK = 365;
const AT_ONCE = '50';

/** `GET /cabinet/visits`: where one was, or was not. */
export const showVisits = inCabinet(async (cabinet) => {
  const { view, of, ask, askMaybe, request, to } = cabinet;
  const { t, now, zone } = view;
  const today = dayOf(now, zone);
  const from = addDays(today, -DAYS_BACK);
  const cursor = typeof request.query.cursor === 'string' ? { cursor: request.query.cursor } : {};
  const visits = await askMaybe<Listed<VisitRow> & { counts: Record<string, number> }>('GET /api/students/{id}/visits', {
    params: { id: of.id },
    query: { from, to: today, limit: AT_ONCE, ...cursor },
  });
  const { items } = await ask<Listed<Booking>>('GET /bookings', {
    query: { client_id: String(of.id), from: addDays(today, -90), to: today, limit: '100' },
  });
  const over = items.filter(
    (one) => new Date(one.ends_at) <= now && one.client_id !== one.specialist_id && one.status !== 'PENDING',
  );
  const past = visits?.items.filter(({ ends_at }) => new Date(ends_at) <= now) ?? [];
  const counts = visits?.counts;
  return cabinetPage(cabinet, {
    title: t('cabinet.visits'),
    main: html`${counts && html`<p class="lead">${t('cabinet.visits.counts', { came: counts.present ?? 0, missed: counts.absent ?? 0 })}</p>`}
      <section aria-labelledby="classes"><h2 id="classes">${t('menu.classes')}</h2>
      ${past.length === 0 ? html`<p>${t('cabinet.visits.none')}</p>` : html`<ul class="classes">${past.map((one) => html`<li class="card row"><strong>${view.moment(one.starts_at)}</strong><span>${one.training_type}<br><span class="quiet">${one.trainer}</span></span><span>${t(one.is_excused ? 'cabinet.visit.excused' : `cabinet.visit.${one.status}`)}</span></li>`)}</ul>`}
      ${visits?.next_cursor && html`<p class="weeks"><a href="${to('/cabinet/visits', { cursor: visits.next_cursor })}">${t('cabinet.older')}</a></p>`}</section>
      ${over.length > 0 && html`<section aria-labelledby="bookings"><h2 id="bookings">${t('cabinet.bookings')}</h2><ul class="classes">${over.toReversed().map((one) => html`<li class="card row"><strong>${view.moment(one.starts_at)}</strong><span>${one.service}<br><span class="quiet">${one.specialist}</span></span><span>${t(`cabinet.status.${one.status}`)}</span></li>`)}</ul></section>`}`,
  });
});
