import { z } from 'zod';
import { message } from './message.ts';

/** What somebody of the studio writes to a person, in their own words. It cannot be switched off: it is not sent by itself. */
export const peopleMessages = {
  studio_wrote: message(z.object({ text: z.string(), is_marketing: z.boolean().default(false) }), {
    call: true,
    kind: null,
    urgency: 'normal',
  }),
};
