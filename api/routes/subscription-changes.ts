import { z } from 'zod';
import { dayOf } from '../../queues/time/calendar.ts';
import { anyDay, exampleDay } from '../../queues/time/days.ts';
import { balanceOf } from '../../sql/finance/payments.ts';
import { lockStudents } from '../../sql/finance/seats.ts';
import { notifyPeople } from '../../sql/notifications/notify.ts';
import { holderNotices } from '../../sql/sessions/holders.ts';
import { findHeld, type Held, setAutoRenew, studentOf } from '../../sql/subscriptions/held.ts';
import { shownBalance } from '../../workers/rights.ts';
import { callOffSubscription } from '../../workers/subscriptions/call-off.ts';
import { freeze, lockForFreeze, unfreeze } from '../../workers/subscriptions/freeze.ts';
import { demandLiveSubscription, demandNotRenewed, demandRenewable } from '../../workers/subscriptions/policy.ts';
import { endSchedule, lockForEnding } from '../../workers/subscriptions/schedule.ts';
import { idParams } from '../http/paging.ts';
import { Problem } from '../http/problems.ts';
import { type Context, route } from '../http/route.ts';
import { undone } from '../http/undone.ts';
import { isDry } from './fields.ts';
import { balance, reasonBody } from './money.ts';
import { released } from './released.ts';
import { heldItem } from './subscriptions.ts';

const path = '/api/student-subscriptions/{id}';
const shared = { tag: 'subscriptions', scope: 'money:write', transaction: true, params: idParams } as const;
const REFUND = 'a whole number of minor units of the currency, 0 or more';
const moved = z
  .array(z.object({ id: z.int(), subscription: z.string(), start_date: z.iso.date(), end_date: z.iso.date() }))
  .meta({ description: 'those that follow it, where their days have moved along' });
const consequences = z.object({
  dry_run: z.boolean(),
  refunded_minor: z.int().meta({ description: 'what goes back to the wallet' }),
  refundable_minor: z.int().meta({ description: 'the unused share of what was paid: the most that can be refunded' }),
  kept_minor: z.int().meta({ description: 'what stays paid or owed for it' }),
  owed_minor: z.int().meta({ description: 'of that, what is still owed' }),
  cancelled_minor: z.int().meta({ description: 'what was owed and is no more' }),
  units: z.int().meta({ description: 'sessions that were sold, or days of an unlimited one' }),
  used_units: z.int().meta({ description: 'of these, what is used up or was carried on to the next one' }),
  sessions_carried_back: z.int().meta({ description: 'sessions that go back to the subscription they were carried over from' }),
  sessions_cancelled: z.int(),
  released: z.array(released).meta({ description: 'trainings of its schedule in which the place is free again' }),
  moved,
  balance_minor: balance,
});

export const subscriptionChangeRoutes = [
  route({
    ...shared,
    method: 'patch',
    path,
    summary: 'Let a subscription renew itself, or not',
    body: z.strictObject({ is_auto_renew: z.boolean({ error: 'true or false' }).meta({ examples: [true] }) }),
    responses: { 200: heldItem },
    async handle({ params, body }, context) {
      const subscription = await locked(context, params.id);
      demandLiveSubscription(subscription);
      demandNotRenewed(subscription);
      demandRenewable(subscription, body.is_auto_renew);
      await setAutoRenew(context.db, subscription.id, body.is_auto_renew);
      return { body: await demanded(context, subscription.id) };
    },
  }),
  route({
    ...shared,
    method: 'post',
    path: `${path}/freeze`,
    summary: 'Freeze a subscription from a day to a day, both included; trainings meanwhile are given back',
    body: z.strictObject({ from: anyDay, to: anyDay }).meta({
      get examples() {
        return [{ from: exampleDay(7), to: exampleDay(20) }];
      },
    }),
    responses: { 200: heldItem.extend({ released: z.array(released), moved }).meta({ id: 'SubscriptionFrozen' }) },
    async handle({ params, body: { from, to } }, context) {
      const { db, now } = context;
      const waiting = await lockForFreeze(db, (await demanded(context, params.id)).student_id, { from, to, now });
      const before = await demanded(context, params.id);
      const { returned, ...done } = await freeze(db, before, { from, to, today: todayOf(context), now }, waiting);
      const subscription = await demanded(context, before.id);
      const notice = {
        template: 'subscription_frozen' as const,
        dedupe: `subscription_frozen:${subscription.id}:${from}:${now.toISOString()}`,
        params: {
          ...{ from, to, end_date: subscription.end_date, returned, sessions_left: subscription.sessions_left },
          ...done,
          balance_minor: returned.refunded_minor > 0 ? await balanceOf(db, subscription.payer_id) : null,
        },
      };
      await notifyPeople(db, holderNotices(subscription, notice));
      return { body: { ...subscription, ...done } };
    },
  }),
  route({
    ...shared,
    method: 'post',
    path: `${path}/unfreeze`,
    summary: 'End a freeze before its time; the days that were not used come off the last day again',
    body: z.strictObject({}),
    bodyOptional: true,
    responses: { 200: heldItem.extend({ days_returned: z.int(), moved }).meta({ id: 'SubscriptionUnfrozen' }) },
    async handle({ params }, context) {
      const before = await locked(context, params.id);
      const done = await unfreeze(context.db, before, { today: todayOf(context), now: context.now });
      const subscription = await demanded(context, before.id);
      const notice = {
        template: 'subscription_unfrozen' as const,
        dedupe: `subscription_unfrozen:${subscription.id}:${before.freeze_end_date}:${context.now.toISOString()}`,
        params: { end_date: subscription.end_date, sessions_left: subscription.sessions_left, moved: done.moved },
      };
      await notifyPeople(context.db, holderNotices(subscription, notice));
      return { body: { ...subscription, ...done } };
    },
  }),
  route({
    ...shared,
    method: 'post',
    path: `${path}/cancel`,
    summary: 'Call a subscription off; the used share of its price is kept, of the rest a part may go back to the wallet',
    body: reasonBody.extend({
      refund_minor: z
        .int({ error: REFUND })
        .min(0, { error: REFUND })
        .default(0)
        .meta({ description: 'what goes back of what was paid, at most the unused share' }),
      dry_run: isDry,
    }),
    responses: { 200: heldItem.extend(consequences.shape).meta({ id: 'SubscriptionCancelled' }) },
    async handle({ params, body: { reason, refund_minor, dry_run } }, context) {
      const { now } = context;
      const act = async (db: Context['db']) => {
        const today = todayOf(context);
        const { student_id: studentId } = await demanded({ ...context, db }, params.id);
        const ending = await lockForEnding(db, { heldId: params.id, studentId, today, now });
        const before = await demanded({ ...context, db }, params.id);
        const { released } = await endSchedule(db, before, ending);
        const done = await callOffSubscription(db, await demanded({ ...context, db }, params.id), {
          reason,
          refundMinor: refund_minor,
          today,
          now,
        });
        const subscription = await demanded({ ...context, db }, before.id);
        return {
          ...subscription,
          ...done,
          released,
          dry_run,
          ...(await shownBalance({ ...context, db }, subscription.payer_id)),
        };
      };
      if (!dry_run) return { body: await act(context.db) };
      return { body: await undone(context, act) };
    },
  }),
] as const;

const todayOf = ({ fleet, now }: Context) => dayOf(now, fleet.settings.zone);

/** The subscription, its student locked: nobody charges, renews or freezes meanwhile. Throws a 404 when there is none. */
async function locked(context: Context, id: number): Promise<Held> {
  const studentId = await studentOf(context.db, id);
  if (studentId !== null) await lockStudents(context.db, [studentId]);
  return demanded(context, id);
}

async function demanded(context: Context, id: number): Promise<Held> {
  const subscription = await findHeld(context.db, id, todayOf(context));
  if (!subscription) throw new Problem(404, `there is no subscription ${id} of a student`);
  return subscription;
}
