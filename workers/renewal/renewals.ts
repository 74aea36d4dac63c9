import { type AdminNotice, type Notice, notifyAdmins, notifyPeople } from '../../sql/notifications/notify.ts';
import { type Decided, previousUnpaidKey, renewNext } from '../../sql/renewal/renew.ts';
import { holderNotices } from '../../sql/sessions/holders.ts';
import type { Part, Terms } from './night.ts';

/** Subscriptions a transaction: its locks last about as long as those of a finance chunk. */
const CHUNK = 1_000;

/** Renews what is due (D24) and notifies those who hold it; whose last renewal is unpaid hears that there is no other (D41). */
export const renewals: Part = async (transaction, progress, terms) => {
  const { date, runId, today } = terms;
  const { place, decided, payments } = await renewNext(transaction, date, progress.place, CHUNK, runId, today);
  if (place === null) return { ...progress, part: 'endings', place: null };
  const renewed = decided.filter((renewal) => renewal.renewed_id !== null);
  await notifyPeople(transaction, renewed.flatMap(noticesOf));
  const unpaid = decided.flatMap(unpaidOf);
  await notifyPeople(transaction, unpaid.map(toPayer));
  if (unpaid.length > 0) await notifyAdmins(transaction, terms.adminChatIds, [digestOf(unpaid, terms)]);
  return {
    ...progress,
    place,
    renewed: progress.renewed + renewed.length,
    carried: progress.carried + renewed.reduce((sum, renewal) => sum + renewal.carried, 0),
    invoices: progress.invoices + renewed.filter((renewal) => renewal.price_minor > 0).length,
    auto_payments: progress.auto_payments + payments,
    warnings: [...progress.warnings, ...decided.flatMap(warningOf)],
  };
};

const noticesOf = (renewal: Decided) =>
  holderNotices(renewal, {
    template: 'subscription_renewed',
    dedupe: `subscription_renewed:${renewal.renewed_id}`,
    params: {
      start_date: renewal.start_date,
      end_date: renewal.end_date,
      sessions: renewal.sessions,
      carried_sessions: renewal.carried,
      price_minor: renewal.price_minor,
      is_paid: renewal.is_paid,
    },
  });

/** An unpaid renewal that is not renewed again, and nobody was notified so yet. */
type UnpaidRenewal = Decided & { unpaid_invoice: NonNullable<Decided['unpaid_invoice']> };
const unpaidOf = (renewal: Decided): UnpaidRenewal[] =>
  renewal.unpaid_invoice === null || renewal.is_told ? [] : [{ ...renewal, unpaid_invoice: renewal.unpaid_invoice }];

const billOf = ({ subscription, unpaid_invoice: { amount_minor, due_date } }: UnpaidRenewal) => ({
  subscription,
  amount_minor,
  due_date,
});

const toPayer = (renewal: UnpaidRenewal): Notice => ({
  userId: renewal.payer_id,
  template: 'renewal_previous_unpaid',
  dedupe: previousUnpaidKey(renewal.id),
  params: {
    ...billOf(renewal),
    invoice_id: renewal.unpaid_invoice.id,
    student_subscription_id: renewal.id,
    student: renewal.payer_id === renewal.student_id ? null : renewal.student,
  },
});

const digestOf = (unpaid: readonly UnpaidRenewal[], { runId, date }: Terms): AdminNotice => ({
  template: 'renewal_previous_unpaid_admin',
  dedupe: `renewal_previous_unpaid_admin:${unpaid[0]?.id}`,
  params: {
    run_id: runId,
    run_key: `auto_renewal:${date}`,
    renewals: unpaid.map((renewal) => ({ ...billOf(renewal), student_id: renewal.student_id, student: renewal.student })),
  },
});

const warningOf = ({ reason, id, student_id, subscription_id, subscription }: Decided) =>
  reason === null ? [] : [{ reason, student_subscription_id: id, student_id, subscription_id, subscription }];
