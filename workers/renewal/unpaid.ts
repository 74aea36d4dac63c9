import { addDays } from '../../queues/time/calendar.ts';
import { type AdminNotice, notifyAdmins, notifyPeople } from '../../sql/notifications/notify.ts';
import { nextUnpaid, type Unpaid } from '../../sql/renewal/unpaid.ts';
import { holderNotices } from '../../sql/sessions/holders.ts';
import type { Part, Terms } from './night.ts';
import { type Dunning, dunningKey, judgeUnpaid, oldestUnpaid } from './policy.ts';

const CHUNK = 500;
type Judged = { bill: Unpaid; dunning: Dunning };

/** Recalls unpaid renewals, and tells holders and admins of those whose grace is over. */
export const unpaid: Part = async (transaction, progress, terms) => {
  const { date, graceDays } = terms;
  const bills = await nextUnpaid(transaction, date, oldestUnpaid(graceDays), progress.place, CHUNK, terms.zone);
  const last = bills.at(-1);
  if (!last) return { ...progress, part: 'over', place: null };
  const judged = bills.flatMap((bill): Judged[] => {
    const dunning = judgeUnpaid(owedOf(bill), graceDays, bill.told);
    return dunning ? [{ bill, dunning }] : [];
  });
  await notifyPeople(
    transaction,
    judged.flatMap((bill) => noticesOf(bill, graceDays)),
  );
  const lapsed = judged.filter(({ dunning }) => dunning.say === 'lapsed').map(({ bill }) => bill);
  if (lapsed.length > 0) await notifyAdmins(transaction, terms.adminChatIds, [digestOf(lapsed, terms)]);
  return {
    ...progress,
    place: [last.due_date, last.invoice_id],
    told: {
      ...progress.told,
      unpaid: progress.told.unpaid + judged.length - lapsed.length,
      lapsed: progress.told.lapsed + lapsed.length,
    },
  };
};

const owedOf = ({ invoice_id, owed_no, days_late, days_owed }: Unpaid) => {
  return { invoiceId: invoice_id, owedNo: owed_no, daysLate: days_late, daysOwed: days_owed };
};

const noticesOf = ({ bill, dunning }: Judged, graceDays: number) =>
  holderNotices(bill, {
    template: dunning.say === 'lapsed' ? ('renewal_lapsed' as const) : ('renewal_unpaid' as const),
    dedupe: dunningKey(owedOf(bill), dunning),
    params: {
      invoice_id: bill.invoice_id,
      amount_minor: bill.amount_minor,
      due_date: bill.due_date,
      usable_until: addDays(bill.due_date, graceDays),
      is_lapsed: bill.days_late > graceDays,
    },
  });

const digestOf = (lapsed: readonly Unpaid[], { runId, date }: Terms): AdminNotice => ({
  template: 'renewal_lapsed_admin',
  dedupe: `renewal_lapsed_admin:${runId}:${lapsed[0]?.invoice_id}`,
  params: {
    run_id: runId,
    run_key: `auto_renewal:${date}`,
    renewals: lapsed.map(({ student_id, student, subscription, amount_minor, due_date }) => ({
      student_id,
      student,
      subscription,
      amount_minor,
      due_date,
    })),
  },
});
