import { notifyPeople } from '../../sql/notifications/notify.ts';
import { type Decided, renewNext } from '../../sql/renewal/renew.ts';
import { holderNotices } from '../../sql/subscriptions/holders.ts';
import type { Part } from './night.ts';

/** Subscriptions a transaction: its locks last about as long as those of a finance chunk. */
const CHUNK = 1_000;

/** Renews what is due (D24) and tells those who hold it. */
export const renewals: Part = async (transaction, so, { date, runId }) => {
  const { place, decided, payments } = await renewNext(transaction, date, so.place, CHUNK, runId);
  if (place === null) return { ...so, part: 'endings', place: null };
  const renewed = decided.filter((one) => one.renewed_id !== null);
  await notifyPeople(transaction, renewed.flatMap(noticesOf));
  return {
    ...so,
    place,
    renewed: so.renewed + renewed.length,
    carried: so.carried + renewed.reduce((sum, one) => sum + one.carried, 0),
    invoices: so.invoices + renewed.filter((one) => one.price_minor > 0).length,
    auto_payments: so.auto_payments + payments,
    warnings: [...so.warnings, ...decided.flatMap(warningOf)],
  };
};

const noticesOf = (one: Decided) =>
  holderNotices(one, {
    template: 'subscription_renewed',
    dedupe: `subscription_renewed:${one.renewed_id}`,
    params: {
      start_date: one.start_date,
      end_date: one.end_date,
      sessions: one.sessions,
      carried_sessions: one.carried,
      price_minor: one.price_minor,
      is_paid: one.is_paid,
    },
  });

const warningOf = ({ reason, id, student_id, subscription_id, subscription }: Decided) =>
  reason === null ? [] : [{ reason, student_subscription_id: id, student_id, subscription_id, subscription }];
