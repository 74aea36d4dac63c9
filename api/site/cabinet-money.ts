import type { z } from 'zod';
import { dayOf } from '../../queues/time/calendar.ts';
import type { invoiceRow } from '../../sql/finance/invoices.ts';
import type { transactionRow } from '../../sql/finance/payments.ts';
import { type InvoiceSubject, invoiceSubjects } from '../../sql/finance/subjects.ts';
import { type Cabinet, cabinetPage, idFrom, inCabinet, pressForm } from './cabinet.ts';
import type { Listed } from './cabinet-ahead.ts';
import { payOnlineForm, topUpForm } from './cabinet-online.ts';
import { type Html, html } from './html.ts';
import { refusalFrom, type SiteAnswer } from './site.ts';
import type { SiteText } from './words.ts';

type Invoice = z.output<typeof invoiceRow>;
type Wallet = Listed<z.output<typeof transactionRow>> & { balance_minor: number };
/** What invoices are for, by their ids. */
type Subjects = ReadonlyMap<number | null, InvoiceSubject>;
const AT_ONCE = '30';

/** `GET /cabinet/money`: what is in the wallet, how it came there, and what is owed. */
export const showMoney = inCabinet((cabinet) => moneyPage(cabinet));

async function moneyPage(cabinet: Cabinet, shown: { trouble?: string; status?: number } = {}): Promise<SiteAnswer> {
  const { view, person, ask, request, to } = cabinet;
  const { t, money } = view;
  const cursor = typeof request.query.cursor === 'string' ? { cursor: request.query.cursor } : {};
  const wallet = await ask<Wallet>('GET /api/people/{id}/wallet', {
    params: { id: person.id },
    query: { limit: AT_ONCE, ...cursor },
  });
  const list = (query: object) =>
    ask<Listed<Invoice>>('GET /api/invoices', { query: { payer_id: String(person.id), limit: AT_ONCE, ...query } });
  const [{ items: owed }, { items: all }] = [await list({ status: 'UNPAID', limit: '100' }), await list({})];
  const settled = all.filter(({ status }) => status === 'PAID' || status === 'CANCELLED');
  const ids = [...owed, ...settled].map(({ id }) => id);
  const subjects = await subjectsFor(cabinet, [...ids, ...wallet.items.flatMap(({ invoice_id }) => invoice_id ?? [])]);
  const beneath = (id: number | null) => subjectLines(cabinet, subjects.get(id)).map((line) => html`<br>${line}`);
  return cabinetPage(cabinet, {
    title: t('cabinet.money'),
    ...shown,
    main: html`${boughtNote(cabinet, [...owed, ...all])}<p class="lead">${t('cabinet.balance', { balance: money(wallet.balance_minor) })}</p>
      <section aria-labelledby="owed"><h2 id="owed">${t('cabinet.owed')}</h2>
      ${owed.length === 0 ? html`<p>${t('cabinet.owed.none')}</p>` : html`<ul class="cards">${owed.map((one) => owedCard(cabinet, one, subjects, wallet.balance_minor))}</ul>`}</section>
      ${topUpForm(cabinet)}
      <section aria-labelledby="ledger"><h2 id="ledger">${t('cabinet.ledger')}</h2>
      ${wallet.items.length === 0 ? html`<p>${t('cabinet.ledger.none')}</p>` : html`<table class="lines wide"><thead class="unseen"><tr><th>${t('cabinet.what')}</th><th>${t('cabinet.amount')}</th></tr></thead><tbody>${wallet.items.map((entry) => html`<tr><th scope="row">${t(`cabinet.entry.${entry.kind}`)} <span class="quiet">${onDay(cabinet, entry.created_at)}</span>${beneath(entry.invoice_id)}${receiptLink(cabinet, entry)}</th><td>${entry.amount_minor > 0 && '+'}${money(entry.amount_minor)}</td></tr>`)}</tbody></table>`}
      ${wallet.next_cursor && html`<p class="weeks"><a href="${to('/cabinet/money', { cursor: wallet.next_cursor })}">${t('cabinet.older')}</a></p>`}</section>
      ${settled.length > 0 && html`<section aria-labelledby="invoices"><h2 id="invoices">${t('cabinet.invoices')}</h2><table class="lines wide"><thead class="unseen"><tr><th>${t('cabinet.what')}</th><th>${t('cabinet.amount')}</th></tr></thead><tbody>${settled.map((one) => html`<tr><th scope="row">${t(`cabinet.invoice.${one.type}`)} <span class="quiet">${onDay(cabinet, one.created_at)}, ${t(`cabinet.invoice.status.${one.status}` as SiteText)}</span>${beneath(one.id)}</th><td>${money(one.amount_minor)}</td></tr>`)}</tbody></table></section>`}`,
  });
}

async function subjectsFor({ parts, person }: Cabinet, ids: readonly number[]): Promise<Subjects> {
  const found = await invoiceSubjects(parts.open.fleet.db, person.id, [...new Set(ids)]);
  return new Map(found.map((one) => [one.invoice_id, one]));
}

/** What an invoice is for, when that is and for which child, and why it is charged although nobody came. */
function subjectLines({ view }: Cabinet, subject: InvoiceSubject | undefined): Html[] {
  if (!subject?.name) return [];
  const { t, moment } = view;
  const { name, person, starts_at, unused, cancelled_at } = subject;
  const what = html`<span>${name}${starts_at && `, ${moment(starts_at)}`}${person && ` (${person})`}</span>`;
  if (unused === null) return [what];
  const why = unused === 'late' && cancelled_at ? t('cabinet.for.late', { when: moment(cancelled_at) }) : t('cabinet.for.missed');
  return [what, html`<span class="quiet">${why}</span>`];
}

/** What was paid in has a receipt. */
function receiptLink(cabinet: Cabinet, { kind, payment_id, created_at, amount_minor }: Wallet['items'][number]): Html | false {
  if (kind !== 'deposit' || payment_id === null) return false;
  const { t, money, locale } = cabinet.view;
  const of = t('cabinet.receipt.of', { day: onDay(cabinet, created_at), amount: money(amount_minor) });
  return html`<br><a href="/api/payments/${payment_id}/receipt.svg?locale=${locale}" target="_blank" rel="noopener" aria-label="${of}">${t('cabinet.receipt')}</a>`;
}

const onDay = ({ view }: Cabinet, instant: string) => view.date(dayOf(new Date(instant), view.zone));

/** What was bought a moment ago, and whether it is paid. */
function boughtNote({ view, request }: Cabinet, invoices: readonly Invoice[]): Html | false {
  const bought = invoices.find(({ id }) => String(id) === request.query.invoice);
  if (!bought || (bought.status !== 'PAID' && bought.status !== 'UNPAID')) return false;
  const price = view.money(bought.amount_minor);
  return html`<p class="note" data-next>${view.t(`cabinet.bought.${bought.status}`, { what: view.t(`cabinet.invoice.${bought.type}`), price })}</p>`;
}

function owedCard(cabinet: Cabinet, one: Invoice, subjects: Subjects, balance: number): Html {
  const { view, to } = cabinet;
  const { t, money, date } = view;
  const price = money(one.amount_minor);
  return html`<li class="card"><strong>${t(`cabinet.invoice.${one.type}`)}, ${price}</strong>${subjectLines(cabinet, subjects.get(one.id))}
    <span class="quiet">${one.due_date ? t('cabinet.due', { day: date(one.due_date) }) : onDay(cabinet, one.created_at)}</span>
    ${balance >= one.amount_minor ? pressForm(cabinet, to(`/cabinet/invoices/${one.id}/pay`), t('cabinet.pay', { price }), { look: 'main' }) : html`<span>${t('cabinet.short', { missing: money(one.amount_minor - balance) })}</span>${payOnlineForm(cabinet, one)}`}</li>`;
}

/** `POST /cabinet/invoices/ID/pay` */
export const payHere = inCabinet(async (cabinet): Promise<SiteAnswer> => {
  try {
    await cabinet.ask('POST /api/invoices/{id}/pay', { params: { id: idFrom(cabinet) }, body: {} });
    return { to: cabinet.to('/cabinet/money') };
  } catch (error) {
    const { status } = refusalFrom(error);
    if (status !== 409) throw error;
    return moneyPage(cabinet, { trouble: cabinet.view.t('cabinet.pay.refused'), status });
  }
});
