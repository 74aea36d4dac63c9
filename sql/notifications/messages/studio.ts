import { z } from 'zod';
import { day } from '../../database/instants.ts';
import { count, message, nameOrNull } from './message.ts';

const subscription = { student: z.string(), subscription: z.string(), end_date: day };

/** What a studio is told of its clients: in the admins' chats, or, where there are none, each owner and admin in person. */
export const studioMessages = {
  studio_subscriptions: message(
    z.object({
      last_sessions: z.array(z.object({ ...subscription, is_auto_renew: z.boolean() })),
      ended: z.array(z.object({ ...subscription, sessions_expired: count })),
    }),
    { kind: 'studio_subscriptions', call: false, urgency: 'normal' },
  ),
  month_digest: message(
    z.object({
      /** The first day of the month it is about. */
      month: day,
      net_minor: z.int(),
      recognised_minor: z.int(),
      /** Of those present and absent; null: nobody was either. */
      attendance: z.number().nullable(),
      trainings: count,
      new_students: count,
      active_students: count,
      /** Expected in the 30 days after the month's end. */
      renewals: count,
      renewals_minor: count,
      debtors: count,
      owed_minor: count,
      /** Received on each day of the month, less what was given back. */
      days_minor: z.array(z.int()),
    }),
    { kind: 'month_digest', call: false, urgency: 'normal' },
  ),
  studio_unreached: message(
    z.object({ people: z.array(z.object({ name: z.string(), phone: nameOrNull, about: z.string() })).min(1) }),
    { kind: 'studio_unreached', call: false, urgency: 'normal' },
  ),
};
