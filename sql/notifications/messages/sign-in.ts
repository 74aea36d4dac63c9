import { z } from 'zod';
import { message } from './message.ts';

/** Messages about signing in. */
export const signInMessages = {
  password_link: message(
    z.object({
      /** Empty once the message was sent: the link lies nowhere. */
      url: z.string().default(''),
      expires_at: z.iso.datetime(),
    }),
    // A link is nothing to be read out; whoever has no channel is helped by a task of its own (workers/sign-in/forgot.ts).
    { call: false, kind: null, urgency: 'urgent', subjects: () => ['password'], supersedes: ['password_link'] },
  ),
};
