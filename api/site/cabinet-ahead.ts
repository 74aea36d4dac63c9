import type { z } from 'zod';
import { addDays, dayOf } from '../../queues/time/calendar.ts';
import type { visitRow } from '../../sql/attendance/marks.ts';
import type { clientPackageRow } from '../../sql/bookings/packages.ts';
import type { Booking } from '../../sql/bookings/rows.ts';
import type { Held } from '../../sql/subscriptions/held.ts';
import { type Cabinet, cabinetPage, inCabinet } from './cabinet.ts';
import { type Html, html } from './html.ts';

export type Listed<T> = { items: readonly T[]; next_cursor: string | null };
export type VisitRow = z.output<typeof visitRow>;
type Package = z.output<typeof clientPackageRow>;

const DAYS_AHEAD = 60;
const MOST_SHOWN = 100;

/** `GET /cabinet`: what is ahead, and what pays for it. */
export const showAhead = inCabinet(async (cabinet) => {
  const { view, of, person, ask, askMaybe, to } = cabinet;
  const { t, money, now, zone } = view;
  const today = dayOf(now, zone);
  const [params, query] = [{ id: of.id }, { from: today, limit: String(MOST_SHOWN) }];
  const { items: bookings } = await ask<Listed<Booking>>('GET /bookings', { query: { client_id: String(of.id), ...query } });
  const visits = await askMaybe<Listed<VisitRow>>('GET /api/students/{id}/visits', {
    params,
    query: { ...query, to: addDays(today, DAYS_AHEAD) },
  });
  const held = await askMaybe<Listed<Held>>('GET /api/students/{id}/subscriptions', { params, query: { limit: '50' } });
  const packages = await askMaybe<Listed<Package>>('GET /api/clients/{id}/packages', { params, query: { limit: '100' } });
  const { services } = await ask<{ services: readonly { id: number; name: string }[] }>('GET /api/site/catalogue');
  const wallet = await ask<{ balance_minor: number }>('GET /api/people/{id}/wallet', {
    params: { id: person.id },
    query: { limit: '1' },
  });
  const rows = [
    ...bookings.flatMap((one) => bookingRow(cabinet, one)),
    ...(visits?.items ?? []).flatMap((one) => placeRow(cabinet, one)),
  ];
  const live = held?.items.filter(({ status }) => status === 'active' || status === 'frozen') ?? [];
  const usable = packages?.items.filter(({ status, end_date }) => status === 'active' && end_date >= today) ?? [];
  return cabinetPage(cabinet, {
    title: of.isSelf ? t('cabinet') : t('cabinet.of', { name: of.name }),
    main: html`<p class="lead">${t('cabinet.balance', { balance: money(wallet.balance_minor) })} <a href="${to('/cabinet/money')}">${t('cabinet.ledger')}</a></p>
      <section aria-labelledby="ahead"><h2 id="ahead">${t('cabinet.ahead')}</h2>
      ${rows.length > 0 ? html`<ul class="classes">${rows.toSorted((one, other) => one.at.localeCompare(other.at)).map(({ row }) => row)}</ul>` : html`<p>${t('cabinet.nothing_ahead')}</p>`}
      <p><a class="button" href="${view.link('/')}">${t('booked.again')}</a> <a class="button second" href="${view.link('/classes')}">${t('menu.classes')}</a></p></section>
      ${live.length > 0 && html`<section aria-labelledby="subscriptions"><h2 id="subscriptions">${t('cabinet.subscriptions')}</h2><ul class="cards">${live.map((one) => subscriptionCard(cabinet, one))}</ul></section>`}
      ${usable.length > 0 && html`<section aria-labelledby="packages"><h2 id="packages">${t('cabinet.packages')}</h2><ul class="cards">${usable.map((one) => packageCard(cabinet, one, services))}</ul></section>`}`,
  });
});

type Row = { at: string; row: Html };
const card = ({ view }: Cabinet, href: string, at: string, what: string, who: string, note: string | false): Row => ({
  at,
  row: html`<li><a class="card row" href="${href}"><strong>${view.moment(at)}</strong><span><strong>${what}</strong><br><span class="quiet">${who}</span></span>${note && html`<span>${note}</span>`}</a></li>`,
});

/** A booking that is ahead. A visitor's hold stands in the specialist's own name, and is nobody's visit. */
function bookingRow(cabinet: Cabinet, one: Booking): Row[] {
  const isAhead = (one.status === 'CONFIRMED' || one.status === 'PENDING') && new Date(one.ends_at) > cabinet.view.now;
  if (!isAhead || one.client_id === one.specialist_id) return [];
  const note = one.status === 'PENDING' && cabinet.view.t('cabinet.pending');
  return [card(cabinet, cabinet.to(`/cabinet/bookings/${one.id}`), one.starts_at, one.service, one.specialist, note)];
}

function placeRow(cabinet: Cabinet, one: VisitRow): Row[] {
  const isAhead = (one.status === 'REGISTERED' || one.status === 'WAITLIST') && new Date(one.ends_at) > cabinet.view.now;
  if (!isAhead) return [];
  const note = one.status === 'WAITLIST' && cabinet.view.t('classes.waiting');
  const href = cabinet.to(`/cabinet/classes/${one.real_training_id}`);
  return [card(cabinet, href, one.starts_at, one.training_type, one.trainer, note)];
}

function subscriptionCard({ view }: Cabinet, one: Held): Html {
  const { t, date, money } = view;
  const left = one.sessions_left === null ? t('cabinet.unlimited') : t('cabinet.sessions', { count: one.sessions_left });
  const renewal = one.next_renewal;
  return html`<li class="card"><strong>${one.subscription}</strong><span>${left}, ${t('cabinet.days', { count: one.days_left, day: date(one.end_date) })}</span>
    ${one.status === 'frozen' && one.freeze_end_date && html`<span>${t('cabinet.frozen', { day: date(one.freeze_end_date) })}</span>`}
    ${one.unpaid_invoice && html`<span class="wrong">${t('cabinet.unpaid', { price: money(one.unpaid_invoice.amount_minor) })}</span>`}
    <span class="quiet">${renewal ? t('cabinet.renewal', { day: date(renewal.start_date), price: money(renewal.price_minor) }) : t('cabinet.no_renewal')}</span></li>`;
}

function packageCard({ view }: Cabinet, one: Package, services: readonly { id: number; name: string }[]): Html {
  const { t, date } = view;
  const nameOf = (id: number) => services.find((service) => service.id === id)?.name ?? t('held.service');
  return html`<li class="card"><strong>${one.name}</strong>${one.units.map(({ service_id, left, granted }) => html`<span>${t('cabinet.units', { service: nameOf(service_id), left, granted })}</span>`)}
    <span class="quiet">${t('cabinet.until', { day: date(one.end_date) })}</span></li>`;
}
