import { randomUUID } from 'node:crypto';
import type { z } from 'zod';
import { addDays, dayOf } from '../../queues/time/calendar.ts';
import type { clientPackageRow } from '../../sql/bookings/packages.ts';
import type { invoiceRow } from '../../sql/finance/invoices.ts';
import { enrol } from '../../sql/records/students.ts';
import type { CatalogueItem } from '../../sql/subscriptions/buy.ts';
import type { Held } from '../../sql/subscriptions/held.ts';
import { Refused } from '../../workers/refusal.ts';
import { type Cabinet, cabinetPage, idFrom, inCabinet } from './cabinet.ts';
import type { Listed } from './cabinet-ahead.ts';
import { type Html, html } from './html.ts';
import { actAsVisitor, refusalFrom, type SiteAnswer } from './site.ts';

type Term = Pick<CatalogueItem, 'validity_days' | 'validity_months'>;
type OfferedPackage = Term & {
  id: number;
  name: string;
  price_minor: number;
  composition: { service_id: number; units: number }[];
};
type Invoice = z.output<typeof invoiceRow>;
/** From what it would be paid; null: the wallet is another person's, and so are its debts. */
type Purse = { balance_minor: number; payer_id: number } | null;
type Shop = { purse: Purse; owes: boolean; held: readonly Held[]; services: readonly { id: number; name: string }[] };

/** `GET /cabinet/buy`: subscriptions and packages, for oneself or for a child. */
export const showBuy = inCabinet((cabinet) => buyPage(cabinet));

async function buyPage(cabinet: Cabinet, shown: { trouble?: string; status?: number } = {}): Promise<SiteAnswer> {
  const { view, of, ask } = cabinet;
  const { t, money } = view;
  const shop = await shopOf(cabinet);
  const onSale = { query: { is_active: 'true', limit: '100' } };
  const { items: subscriptions } = await ask<Listed<CatalogueItem>>('GET /api/subscriptions', onSale);
  const { items: packages } = await ask<Listed<OfferedPackage>>('GET /api/service-packages', onSale);
  const section = (id: string, words: string, cards: readonly Html[]) =>
    cards.length > 0 &&
    html`<section aria-labelledby="${id}"><h2 id="${id}">${words}</h2><ul class="cards">${cards}</ul></section>`;
  return cabinetPage(cabinet, {
    title: of.isSelf ? t('cabinet.buy.title') : t('cabinet.buy.for', { name: of.name }),
    ...shown,
    main: html`<p class="lead">${shop.purse ? t('cabinet.balance', { balance: money(shop.purse.balance_minor) }) : t('cabinet.buy.other_payer')}</p>
      ${shop.owes && html`<p class="note">${t('cabinet.buy.owes')} <a href="${cabinet.to('/cabinet/money')}">${t('cabinet.owed')}</a></p>`}
      ${subscriptions.length + packages.length === 0 && html`<p>${t('cabinet.buy.nothing')}</p>`}
      ${section(
        'subscriptions',
        t('cabinet.subscriptions'),
        subscriptions.map((item) => subscriptionOnSale(cabinet, shop, item)),
      )}
      ${section(
        'packages',
        t('cabinet.packages'),
        packages.map((item) => packageOnSale(cabinet, shop, item)),
      )}`,
  });
}

async function shopOf({ of, person, ask, askMaybe }: Cabinet): Promise<Shop> {
  const purse = await askMaybe<NonNullable<Purse>>('GET /api/clients/{id}/wallet', {
    params: { id: of.id },
    query: { limit: '1' },
  });
  const { items: owed } = await ask<Listed<Invoice>>('GET /api/invoices', {
    query: { payer_id: String(person.id), status: 'UNPAID', limit: '100' },
  });
  const held = await askMaybe<Listed<Held>>('GET /api/students/{id}/subscriptions', {
    params: { id: of.id },
    query: { limit: '50' },
  });
  const { services } = await ask<Pick<Shop, 'services'>>('GET /api/site/catalogue');
  const owes = owed.some(({ type }) => type === 'SUBSCRIPTION' || type === 'PACKAGE');
  return { purse, owes, held: held?.items ?? [], services };
}

/** The one of a kind that lasts the longest: the next begins after it. */
const lastOf = (held: readonly Held[], subscriptionId: number) =>
  held
    .filter(({ subscription_id, status }) => subscription_id === subscriptionId && (status === 'active' || status === 'frozen'))
    .toSorted((one, other) => other.end_date.localeCompare(one.end_date))[0];

function subscriptionOnSale(cabinet: Cabinet, shop: Shop, item: CatalogueItem): Html {
  const { t, date, now, zone } = cabinet.view;
  const last = lastOf(shop.held, item.id);
  const start = last && last.end_date >= dayOf(now, zone) ? addDays(last.end_date, 1) : undefined;
  const sessions =
    item.number_of_sessions === null ? t('cabinet.unlimited') : t('buy.sessions', { count: item.number_of_sessions });
  const renewing = last?.next_renewal && t('buy.renews', { day: date(last.next_renewal.start_date) });
  const more = html`${start && html`<input type="hidden" name="start" value="${start}"><span>${t('buy.after', { day: date(start) })}</span>`}
    <p class="check"><input type="checkbox" id="renew-${item.id}" name="renew" value="yes"><label for="renew-${item.id}">${t('buy.renew')}</label></p>`;
  return html`<li class="card"><strong>${item.name}</strong><span>${sessions}, ${termWords(cabinet, item)}</span>
    ${renewing ? html`<span class="quiet">${renewing}</span>` : buyForm(cabinet, shop, `/cabinet/buy/subscriptions/${item.id}`, item, more)}</li>`;
}

function packageOnSale(cabinet: Cabinet, shop: Shop, item: OfferedPackage): Html {
  const { t } = cabinet.view;
  const nameOf = (id: number) => shop.services.find((service) => service.id === id)?.name ?? t('held.service');
  return html`<li class="card"><strong>${item.name}</strong>${item.composition.map(({ service_id, units }) => html`<span>${t('buy.units', { service: nameOf(service_id), count: units })}</span>`)}
    <span class="quiet">${termWords(cabinet, item)}</span>${buyForm(cabinet, shop, `/cabinet/buy/packages/${item.id}`, item, html``)}</li>`;
}

const termWords = ({ view }: Cabinet, { validity_days, validity_months }: Term) =>
  validity_months === null ? view.t('buy.days', { count: validity_days ?? 0 }) : view.t('buy.months', { count: validity_months });

/** The button says the deal: at once from the balance, or by an invoice. A form that is sent twice buys once. */
function buyForm(cabinet: Cabinet, { purse, owes }: Shop, path: string, item: { name: string; price_minor: number }, more: Html) {
  const { view, to } = cabinet;
  const { t, money } = view;
  const price = item.price_minor > 0 ? money(item.price_minor) : t('free');
  const isCovered = purse !== null && purse.balance_minor >= item.price_minor;
  if (purse === null || (owes && !isCovered)) return html`<span>${price}</span>`;
  const words = item.price_minor === 0 ? 'buy.take' : isCovered ? 'buy.wallet' : 'buy.later';
  return html`<form method="post" action="${to(path)}" class="narrow">${view.guard}<input type="hidden" name="once" value="${randomUUID()}">${more}
    <button name="pay" value="${isCovered ? 'wallet' : 'later'}" class="main" aria-label="${item.name}: ${t(words, { price })}">${t(words, { price })}</button></form>`;
}

/** `POST /cabinet/buy/subscriptions/ID` */
export const buySubscriptionHere = inCabinet(async (cabinet): Promise<SiteAnswer> => {
  const { request, response, of, parts, view } = cabinet;
  const { start, renew } = request.body;
  const student = { clientId: of.id, payerId: null, belt: null, registrationDate: dayOf(view.now, view.zone) };
  // Whoever holds a subscription is a student; who is one already stays as they are.
  if (of.isSelf)
    await actAsVisitor(parts, request, response, ({ db }) => db.transaction((transaction) => enrol(transaction, student)));
  const body = {
    subscription_id: idFrom(cabinet),
    is_auto_renew: renew === 'yes',
    ...(start ? { start_date: String(start) } : {}),
  };
  return buy(cabinet, 'POST /api/students/{id}/subscriptions', body);
});

/** `POST /cabinet/buy/packages/ID` */
export const buyPackageHere = inCabinet(
  (cabinet): Promise<SiteAnswer> => buy(cabinet, 'POST /api/clients/{id}/packages', { service_package_id: idFrom(cabinet) }),
);

type Bought = { invoice: { id: number } | null } | (Pick<z.output<typeof clientPackageRow>, 'invoice'> & object);

/** Buys, and leads to the invoice and its state; what has changed since the page was made is said by it. */
async function buy(cabinet: Cabinet, operation: string, wish: object): Promise<SiteAnswer> {
  const { request, of, ask, to, view } = cabinet;
  const { pay, once } = request.body;
  if (!/^[0-9a-f-]{36}$/.test(String(once))) throw new Refused('missing', 'no form of ours');
  const body = { ...wish, pay_from: pay === 'wallet' ? 'wallet' : 'later' };
  try {
    const { invoice } = await ask<Bought>(operation, { params: { id: of.id }, body, once: `site:${once}` });
    return { to: invoice ? to('/cabinet/money', { invoice: invoice.id }) : to('/cabinet') };
  } catch (error) {
    const { status } = refusalFrom(error);
    if (![403, 409, 422].includes(status)) throw error;
    return buyPage(cabinet, { trouble: view.t('cabinet.buy.refused'), status: status === 403 ? 403 : 409 });
  }
}
