import { z } from 'zod';
import { dayOf } from '../../queues/time/calendar.ts';
import { anyDay } from '../../queues/time/days.ts';
import { balanceOf } from '../../sql/finance/payments.ts';
import { lockStudents } from '../../sql/finance/seats.ts';
import { notifyPeople } from '../../sql/notifications/notify.ts';
import { lockRoster } from '../../sql/runs/locks.ts';
import { cancelSubscription, lockPaid } from '../../sql/subscriptions/cancel.ts';
import { endFreeze, freezeSubscription } from '../../sql/subscriptions/freeze.ts';
import { findHeld, type Held, setAutoRenew, studentOf } from '../../sql/subscriptions/held.ts';
import { holderNotices } from '../../sql/subscriptions/holders.ts';
import { demandLive, demandNotRenewed, judgeFreeze, judgeRefund, judgeUnfreeze } from '../../workers/subscriptions/policy.ts';
import { idParams } from '../http/paging.ts';
import { Problem } from '../http/problems.ts';
import { type Context, type Route, route } from '../http/route.ts';
import { reasonBody } from './money.ts';
import { heldItem } from './subscriptions.ts';

const path = '/api/student-subscriptions/{id}';
const shared = { tag: 'subscriptions', scope: 'money:write', transaction: true, params: idParams };
const REFUND = 'a whole number of minor units of the currency, 0 or more';
const releasedTraining = z.object({
  real_training_id: z.int(),
  training_type: z.string(),
  training_date: z.iso.date(),
  start_time: z.string(),
});

export const subscriptionChangeRoutes: Route[] = [
  route({
    ...shared,
    method: 'patch',
    path,
    summary: 'Let a subscription renew itself, or not',
    body: z.strictObject({ is_auto_renew: z.boolean({ error: 'true or false' }).meta({ examples: [true] }) }),
    responses: { 200: heldItem },
    async handle({ params, body }, context) {
      const held = await locked(context, params.id);
      demandLive(held);
      demandNotRenewed(held);
      await setAutoRenew(context.db, held.id, body.is_auto_renew);
      return { body: await findHeld(context.db, held.id, todayOf(context)) };
    },
  }),
  route({
    ...shared,
    method: 'post',
    path: `${path}/freeze`,
    summary: 'Freeze a subscription from a day to a day, both included; trainings meanwhile are given back',
    body: z.strictObject({ from: anyDay, to: anyDay }).meta({ examples: [{ from: '2026-12-01', to: '2026-12-14' }] }),
    responses: { 200: heldItem.extend({ released: z.array(releasedTraining) }).meta({ id: 'SubscriptionFrozen' }) },
    async handle({ params, body: { from, to } }, context) {
      const { db, now } = context;
      const today = todayOf(context);
      await lockRoster(db);
      const { id, student_id: studentId, ...before } = await locked(context, params.id);
      judgeFreeze({ id, ...before }, from, to, today);
      const seats = await freezeSubscription(db, { id, studentId, from, to, today, now });
      const released = seats.map(({ seat_id: _, returned: __, ...training }) => training);
      const sum = (of: keyof (typeof seats)[number]['returned']) => seats.reduce((total, seat) => total + seat.returned[of], 0);
      const held = await demanded(context, id);
      const notice = {
        template: 'subscription_frozen' as const,
        dedupe: `subscription_frozen:${id}:${from}:${now.toISOString()}`,
        params: {
          from,
          to,
          end_date: held.end_date,
          released,
          returned: { sessions: sum('sessions'), refunded_minor: sum('refunded_minor'), cancelled_minor: sum('cancelled_minor') },
          sessions_left: held.sessions_left,
          balance_minor: sum('refunded_minor') > 0 ? await balanceOf(db, held.payer_id) : null,
        },
      };
      await notifyPeople(db, holderNotices(held, notice));
      return { body: { ...held, released } };
    },
  }),
  route({
    ...shared,
    method: 'post',
    path: `${path}/unfreeze`,
    summary: 'End a freeze before its time; the days that were not used come off the last day again',
    body: z.strictObject({}),
    bodyOptional: true,
    responses: { 200: heldItem.extend({ days_returned: z.int() }).meta({ id: 'SubscriptionUnfrozen' }) },
    async handle({ params }, context) {
      const before = await locked(context, params.id);
      judgeUnfreeze(before);
      const daysReturned = await endFreeze(context.db, before.id, todayOf(context));
      const held = await demanded(context, before.id);
      const notice = {
        template: 'subscription_unfrozen' as const,
        dedupe: `subscription_unfrozen:${held.id}:${before.freeze_end_date}:${context.now.toISOString()}`,
        params: { end_date: held.end_date, sessions_left: held.sessions_left },
      };
      await notifyPeople(context.db, holderNotices(held, notice));
      return { body: { ...held, days_returned: daysReturned } };
    },
  }),
  route({
    ...shared,
    method: 'post',
    path: `${path}/cancel`,
    summary: 'Call a subscription off; a part of what was paid may go back to the wallet',
    body: reasonBody.extend({ refund_minor: z.int({ error: REFUND }).min(0, { error: REFUND }).default(0) }),
    responses: {
      200: heldItem.extend({ refunded_minor: z.int(), balance_minor: z.int() }).meta({ id: 'SubscriptionCancelled' }),
    },
    async handle({ params, body: { reason, refund_minor } }, context) {
      const before = await locked(context, params.id);
      demandLive(before);
      const paid = await lockPaid(context.db, before.id);
      judgeRefund(
        refund_minor,
        paid.reduce((sum, bill) => sum + bill.paid_minor, 0),
      );
      await cancelSubscription(
        context.db,
        { id: before.id, reason, refundMinor: refund_minor },
        paid.map((bill) => bill.payer_id),
      );
      const held = await demanded(context, before.id);
      return { body: { ...held, refunded_minor: refund_minor, balance_minor: await balanceOf(context.db, held.payer_id) } };
    },
  }),
];

const todayOf = ({ fleet, now }: Context) => dayOf(now, fleet.settings.zone);

/** The subscription, its student locked: nobody charges, renews or freezes meanwhile. Throws a 404 when there is none. */
async function locked(context: Context, id: number): Promise<Held> {
  const studentId = await studentOf(context.db, id);
  if (studentId !== null) await lockStudents(context.db, [studentId]);
  return demanded(context, id);
}

async function demanded(context: Context, id: number): Promise<Held> {
  const held = await findHeld(context.db, id, todayOf(context));
  if (!held) throw new Problem(404, `there is no subscription ${id} of a student`);
  return held;
}
