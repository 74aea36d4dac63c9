import type { PaymentOrder } from '../../sql/finance/payment-orders.ts';
import type { OrderWish } from '../../workers/payments/order.ts';
import { type Cabinet, cabinetPage, idFrom, inCabinet, pressForm } from './cabinet.ts';
import { field } from './contact-form.ts';
import { type Html, html } from './html.ts';
import { refusalFrom, type SiteAnswer } from './site.ts';
import type { SiteText } from './words.ts';

type Order = Omit<PaymentOrder, 'reference'> & { pay_url: string | null };

/** Whether the studio has a provider who takes money online. */
const isOnline = ({ parts }: Cabinet) => parts.open.fleet.settings.payments !== undefined;

/** Money for one's wallet; false where no provider takes it. @param trouble what is wrong with the amount that was typed */
export function topUpForm(cabinet: Cabinet, typed = '', trouble?: string): Html | false {
  if (!isOnline(cabinet)) return false;
  const { t, guard } = cabinet.view;
  return html`<section aria-labelledby="top-up"><h2 id="top-up">${t('online.top_up')}</h2><form method="post" action="${cabinet.to('/cabinet/top-up')}" class="narrow">${guard}
    ${field({ name: 'amount', label: t('online.amount'), value: typed, wrong: trouble, attributes: html`inputmode="decimal" required maxlength="12"` })}<button class="second">${t('online.go')}</button></form></section>`;
}

/** Pays one invoice online; false where no provider takes it. */
export const payOnlineForm = (cabinet: Cabinet, invoice: { id: number; amount_minor: number }): Html | false =>
  isOnline(cabinet) &&
  pressForm(
    cabinet,
    cabinet.to(`/cabinet/invoices/${invoice.id}/online`),
    cabinet.view.t('online.pay', { price: cabinet.view.money(invoice.amount_minor) }),
  );

async function order({ ask, to }: Cabinet, wish: OrderWish): Promise<SiteAnswer> {
  const { id } = await ask<Order>('POST /me/payment-orders', { body: wish });
  return { to: to(`/cabinet/pay/${id}`) };
}

/** `POST /cabinet/invoices/ID/online` */
export const payOnline = inCabinet((cabinet): Promise<SiteAnswer> => order(cabinet, { invoice_id: idFrom(cabinet) }));

/** `POST /cabinet/top-up`: an amount as people write it; what is none is asked for again. */
export const topUp = inCabinet(async (cabinet): Promise<SiteAnswer> => {
  const { view, request } = cabinet;
  const typed = String(request.body.amount ?? '').slice(0, 40);
  const wrong = () =>
    cabinetPage(cabinet, {
      title: view.t('cabinet.money'),
      status: 422,
      main: html`${topUpForm(cabinet, typed, view.t('online.wrong'))}`,
    });
  const amount_minor = view.minorOf(typed);
  if (amount_minor === null) return wrong();
  try {
    return await order(cabinet, { amount_minor });
  } catch (error) {
    if (refusalFrom(error).status !== 422) throw error;
    return wrong();
  }
});

/** `GET /cabinet/pay/ID`: where to pay, and afterwards what the provider has told of it. */
export const showOrder = inCabinet(async (cabinet) => {
  const { view, ask, to, request } = cabinet;
  const { t, money } = view;
  const { id, status, amount_minor, invoice_id, pay_url } = await ask<Order>('GET /me/payment-orders/{id}', {
    params: { id: idFrom(cabinet) },
  });
  const state = status === 'open' && pay_url === null ? 'over' : status;
  return cabinetPage(cabinet, {
    title: t('online.title', { price: money(amount_minor) }),
    main: html`<p>${t(invoice_id === null ? 'online.for_wallet' : 'online.for_invoice')}</p>
      <p class="note" data-next>${t(`online.state.${state}` as SiteText)}</p>
      ${pay_url && html`<p><a class="button" href="${pay_url}" data-whole rel="noreferrer">${t('online.leave')}</a></p>`}
      ${status === 'open' && html`<p><a class="button second" data-key="again" href="${to(`/cabinet/pay/${id}`, { again: String(Number(request.query.again ?? 0) + 1) })}">${t('online.look')}</a></p>`}
      <p class="weeks"><a href="${to('/cabinet/money')}">${t('cabinet.money')}</a></p>`,
  });
});
