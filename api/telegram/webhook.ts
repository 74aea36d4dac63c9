import { timingSafeEqual } from 'node:crypto';
import express, { type Router } from 'express';
import { z } from 'zod';
import type { Fleet } from '../../queues/process/fleet.ts';
import { hashOf } from '../../sql/auth/api-keys.ts';
import { storeUpdates } from '../../sql/bot/updates.ts';
import { badInput } from '../http/bad-input.ts';
import { onlyBy } from '../http/only-by.ts';
import { Problem } from '../http/problems.ts';
import { verifyJson } from '../http/strict-json.ts';

const chat = z.looseObject({ id: z.int() });
/** As much of an update as must be right for it to be kept; what it says is the bot's to judge. */
const update = z.looseObject({
  update_id: z.int(),
  message: z.looseObject({ chat }).optional(),
  my_chat_member: z.looseObject({ chat }).optional(),
  callback_query: z.looseObject({ message: z.looseObject({ chat }).optional() }).optional(),
});

/** Telegram sends no larger update. */
const readUpdate = express.json({ limit: '1mb', verify: verifyJson });

/**
 * Takes what Telegram brings and answers once it lies in the database; the bot works it off. The same update brought again is one.
 * Where no webhook is set up there is nothing (404); whoever does not show the secret gets a 401 before the body is read.
 */
export function webhook({ db, settings }: Pick<Fleet, 'db' | 'settings'>): Router {
  const router = express.Router();
  router.use((request, _response, next) => {
    if (!settings.webhook) throw new Problem(404, 'no webhook is set up here');
    if (request.method !== 'POST') return onlyBy('POST')(request, _response, next);
    const shown = hashOf(request.get('x-telegram-bot-api-secret-token') ?? '');
    if (!timingSafeEqual(shown, hashOf(settings.webhook.secret))) throw new Problem(401, 'only Telegram comes in here');
    next();
  });
  router.post('/', readUpdate, async (request, response) => {
    const parsed = update.safeParse(request.body);
    if (!parsed.success) throw badInput('body', update, request.body, parsed.error);
    const { update_id, message, my_chat_member, callback_query } = parsed.data;
    const chat_id = (message ?? my_chat_member ?? callback_query?.message)?.chat.id ?? null;
    await storeUpdates(db, [{ update_id, chat_id, payload: parsed.data }]);
    response.json({});
  });
  return router;
}
