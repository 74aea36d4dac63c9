import { addDays } from '../../queues/time/calendar.ts';
import { tellAdmins, tellPeople } from '../../sql/notifications/tell.ts';
import { nextUnpaid, type Unpaid } from '../../sql/renewal/unpaid.ts';
import { holderNotices } from '../../sql/subscriptions/holders.ts';
import type { Part, Terms } from './night.ts';
import { type Dunning, dunningKey, judgeUnpaid, oldestUnpaid } from './policy.ts';

const CHUNK = 500;
type Judged = { bill: Unpaid; dunning: Dunning };

/** Recalls unpaid renewals, and tells holders and admins of those whose grace is over. */
export const unpaid: Part = async (transaction, so, terms) => {
  const { date, graceDays } = terms;
  const bills = await nextUnpaid(transaction, date, oldestUnpaid(graceDays), so.place, CHUNK);
  const last = bills.at(-1);
  if (!last) return { ...so, part: 'over', place: null };
  const judged = bills.flatMap((bill): Judged[] => {
    const dunning = judgeUnpaid(bill.invoice_id, bill.days_late, graceDays, bill.told);
    return dunning ? [{ bill, dunning }] : [];
  });
  await tellPeople(
    transaction,
    judged.flatMap((one) => noticesOf(one, graceDays)),
  );
  const lapsed = judged.filter(({ dunning }) => dunning.say === 'lapsed').map(({ bill }) => bill);
  if (lapsed.length > 0) await tellAdmins(transaction, terms.adminChatIds, [digestOf(lapsed, terms)]);
  return {
    ...so,
    place: [last.due_date, last.invoice_id],
    told: {
      ...so.told,
      unpaid: so.told.unpaid + judged.length - lapsed.length,
      lapsed: so.told.lapsed + lapsed.length,
    },
  };
};

const noticesOf = ({ bill, dunning }: Judged, graceDays: number) =>
  holderNotices(bill, {
    template: dunning.say === 'lapsed' ? 'renewal_lapsed' : 'renewal_unpaid',
    dedupe: dunningKey(bill.invoice_id, dunning),
    params: {
      invoice_id: bill.invoice_id,
      amount_minor: bill.amount_minor,
      due_date: bill.due_date,
      usable_until: addDays(bill.due_date, graceDays),
      is_lapsed: bill.days_late > graceDays,
    },
  });

const digestOf = (lapsed: readonly Unpaid[], { runId, date }: Terms) => ({
  template: 'renewal_lapsed_admin',
  dedupe: `renewal_lapsed_admin:${lapsed[0]?.invoice_id}`,
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
