import { z } from 'zod';
import { day } from '../../database/instants.ts';
import { balanceParam, count, idOrNull, isPayer, message, student } from './message.ts';
import { training } from './trainings.ts';

const ofSubscription = (params: { student_subscription_id: number | null }) =>
  params.student_subscription_id ? [`subscription:${params.student_subscription_id}`] : [];
/** `student` is null when the one who reads is the student. */
const held = { student_subscription_id: idOrNull, subscription: z.string(), student };

/** Those that follow it, where their days have moved along. */
const moved = z.array(z.object({ subscription: z.string(), start_date: day, end_date: day })).default([]);

/** Messages to the holders of subscriptions and to those who pay for them. */
export const subscriptionMessages = {
  subscription_frozen: message(
    z.object({
      ...held,
      from: day,
      to: day,
      end_date: day,
      released: z.array(z.object(training)),
      /** What came back for the released trainings, all together. */
      returned: z.object({ sessions: count, refunded_minor: count, cancelled_minor: count }).prefault({}),
      sessions_left: z.int().nullable().default(null),
      moved,
      is_payer: isPayer,
      balance_minor: balanceParam,
    }),
    {
      call: true,
      kind: 'subscription',
      urgency: 'normal',
      subjects: ofSubscription,
      supersedes: ['subscription_unfrozen', 'subscription_ending'],
    },
  ),
  subscription_unfrozen: message(z.object({ ...held, end_date: day, sessions_left: z.int().nullable(), moved }), {
    call: true,
    kind: 'subscription',
    urgency: 'normal',
    subjects: ofSubscription,
    supersedes: ['subscription_unfrozen', 'subscription_ending'],
  }),
  subscription_last_session: message(z.object({ ...held, end_date: day, is_auto_renew: z.boolean() }), {
    call: true,
    kind: 'subscription',
    urgency: 'normal',
    subjects: ofSubscription,
  }),
  subscription_ending: message(
    z.object({ ...held, end_date: day, sessions_left: z.int().nullable(), renews: z.boolean(), price_minor: z.int() }),
    { call: true, kind: 'subscription', urgency: 'normal', subjects: ofSubscription, supersedes: ['subscription_ending'] },
  ),
  subscription_renewed: message(
    z.object({
      ...held,
      start_date: day,
      end_date: day,
      sessions: z.int().nullable(),
      carried_sessions: z.int(),
      price_minor: z.int(),
      is_paid: z.boolean(),
    }),
    {
      call: true,
      kind: 'subscription',
      urgency: 'normal',
      subjects: ofSubscription,
      supersedes: ['subscription_ending', 'subscription_last_session'],
    },
  ),
  subscription_expired: message(z.object({ ...held, end_date: day, sessions_expired: z.int() }), {
    call: true,
    kind: 'subscription',
    urgency: 'normal',
    subjects: ofSubscription,
    supersedes: ['subscription_ending', 'subscription_last_session', 'subscription_unfrozen'],
  }),
};

const ofInvoice = (params: { invoice_id: number }) => [`invoice:${params.invoice_id}`];
const bill = z.object({
  ...held,
  invoice_id: z.int(),
  amount_minor: z.int(),
  due_date: day,
  usable_until: day,
  is_lapsed: z.boolean(),
});

/** Messages to payers about what they owe. */
export const moneyMessages = {
  payment_reminder: message(z.object({ invoices: z.int(), amount_minor: z.int() }), {
    call: true,
    kind: 'payment_reminder',
    urgency: 'normal',
    subjects: () => ['debts'],
    supersedes: ['payment_reminder'],
  }),
  renewal_unpaid: message(bill, {
    call: true,
    kind: 'renewal_reminder',
    urgency: 'normal',
    subjects: ofInvoice,
    supersedes: ['renewal_unpaid'],
  }),
  renewal_previous_unpaid: message(z.object({ ...held, invoice_id: z.int(), amount_minor: z.int(), due_date: day }), {
    call: true,
    kind: 'renewal_reminder',
    urgency: 'normal',
    subjects: ofInvoice,
    supersedes: ['renewal_unpaid', 'renewal_lapsed'],
  }),
  renewal_lapsed: message(bill, {
    call: true,
    kind: 'renewal_reminder',
    urgency: 'normal',
    subjects: ofInvoice,
    supersedes: ['renewal_unpaid'],
  }),
};
