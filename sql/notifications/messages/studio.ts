import { z } from 'zod';
import { count, day, message, nameOrNull } from './message.ts';

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
  studio_unreached: message(
    z.object({ people: z.array(z.object({ name: z.string(), phone: nameOrNull, about: z.string() })).min(1) }),
    { kind: 'studio_unreached', call: false, urgency: 'normal' },
  ),
};
