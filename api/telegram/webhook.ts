import { timingSafeEqual } from 'node:crypto';
import type { RequestHandler } from 'express';
import { z } from 'zod';
import type { Fleet } from '../../queues/process/fleet.ts';
import { hashOf } from '../../sql/auth/api-keys.ts';
import { storeUpdates } from '../../sql/bot/updates.ts';
import { badInput } from '../http/bad-input.ts';
import { Problem } from '../http/problems.ts';

const chat = z.looseObject({ id: z.int() });
/** As much of an update as must be right for it to be kept; what it says is the bot's to judge. */
const update = z.looseObject({
  update_id: z.int(),
  message: z.looseObject({ chat }).optional(),
  my_chat_member: z.looseObject({ chat }).optional(),
  callback_query: z.looseObject({ message: z.looseObject({ chat }).optional() }).optional(),
});

/**
 * Takes what Telegram brings and answers once it lies in the book; the notifier works it off. The same update brought
 * again is one. Whoever does not show the secret gets a 401, also where no webhook is set up.
 */
export const webhook =
  ({ db, settings }: Pick<Fleet, 'db' | 'settings'>): RequestHandler =>
  async (request, response) => {
    const shown = hashOf(request.get('x-telegram-bot-api-secret-token') ?? '');
    const expected = settings.webhook && hashOf(settings.webhook.secret);
    if (!expected || !timingSafeEqual(shown, expected)) throw new Problem(401, 'only Telegram comes in here');
    const parsed = update.safeParse(request.body);
    if (!parsed.success) throw badInput('body', update, request.body, parsed.error);
    const { update_id, message, my_chat_member, callback_query } = parsed.data;
    const chat_id = (message ?? my_chat_member ?? callback_query?.message)?.chat.id ?? null;
    await storeUpdates(db, [{ update_id, chat_id, payload: parsed.data }]);
    response.json({});
  };
