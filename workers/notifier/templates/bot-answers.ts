import { z } from 'zod';
import { locale } from '../../../sql/database/locale.ts';

const entity = z.looseObject({ type: z.string(), offset: z.int(), length: z.int() });
/** `app`: opens the Mini App at this address; only in private chats. */
const button = z.union([
  z.object({ text: z.string(), data: z.string().max(64) }),
  z.object({ text: z.string(), app: z.url({ protocol: /^https$/ }) }),
]);
const buttons = z.array(z.array(button));
const words = { text: z.string(), entities: z.array(entity).optional(), buttons: buttons.optional() };

/** What people of the studio can say about what is theirs, in the order one would need it. */
export const OWN_COMMANDS = ['next', 'balance', 'subscriptions', 'today'] as const;
export type OwnCommand = (typeof OWN_COMMANDS)[number];

/**
 * What an update is answered with, as it is kept with the update until it is given: words, or a view that is worked out
 * when it is given. Giving one twice does no harm, so a crash in between repeats at most one.
 */
export const answer = z.discriminatedUnion('do', [
  z.object({ do: z.literal('say'), chat_id: z.int(), ...words }),
  /** Replaces a message of ours; its buttons go unless new ones are given. */
  z.object({ do: z.literal('edit'), chat_id: z.int(), message_id: z.int(), ...words }),
  /** The line that a pressed button shows; it must come within seconds or not at all. */
  z.object({ do: z.literal('toast'), callback_query_id: z.string(), text: z.string().max(200).optional() }),
  z.object({ do: z.literal('show'), chat_id: z.int(), view: z.enum(['status', 'runs', 'schedule']), locale }),
  z.object({ do: z.literal('chart'), chat_id: z.int(), days: z.int(), locale }),
  /** The commands that Telegram offers in this chat: an admin's, or these; and the button that opens the Mini App, where there is one. */
  z.object({
    do: z.literal('menu'),
    chat_id: z.int(),
    commands: z.array(z.enum(OWN_COMMANDS)).optional(),
    locale: locale.optional(),
  }),
]);
export type BotAnswer = z.output<typeof answer>;
export type Buttons = z.output<typeof buttons>;
export type Words = { text: string; entities?: z.output<typeof entity>[]; buttons?: Buttons };
