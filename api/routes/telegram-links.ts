import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { makeLink, usernameOf } from '../../sql/bot/links.ts';
import { isActivePerson } from '../../sql/bot/people.ts';
import { demandLinking } from '../../workers/rights.ts';
import { idParams } from '../http/paging.ts';
import { away, Problem } from '../http/problems.ts';
import { type Context, route } from '../http/route.ts';

const DAYS = 'a whole number of days from 1 to 30';
/** 192 bits in the 64 characters Telegram allows. */
const newToken = () => randomBytes(24).toString('base64url');

export const telegramLinkRoutes = [
  route({
    method: 'post',
    path: '/api/people/{id}/telegram-link',
    summary: "A personal link: whoever opens it connects their Telegram with this person's record, once",
    tag: 'people',
    scope: 'records:write',
    transaction: true,
    secretAnswer: true,
    params: idParams,
    body: z.strictObject({
      days: z
        .int({ error: DAYS })
        .min(1, { error: DAYS })
        .max(30, { error: DAYS })
        .default(7)
        .meta({ description: 'how long it works' }),
    }),
    bodyOptional: true,
    responses: { 201: z.object({ url: z.url(), token: z.string(), expires_at: z.iso.datetime() }) },
    async handle({ params, body }, context) {
      if (!(await isActivePerson(context.db, params.id))) throw new Problem(404, `there is no person ${params.id}`);
      await demandLinking(context, params.id);
      const bot = await botName(context);
      const token = newToken();
      const { db, caller, now } = context;
      const expires_at = await makeLink(db, { userId: params.id, token, createdBy: caller.name, now, days: body.days });
      return { status: 201, body: { url: `https://t.me/${bot}?start=${token}`, token, expires_at } };
    },
  }),
] as const;

/** What Telegram calls the bot; the bot, which runs beside the API, notes it when it starts. */
async function botName({ db, fleet }: Context): Promise<string> {
  const { telegramToken } = fleet.settings;
  if (!telegramToken) throw new Problem(409, 'there is no bot: TELEGRAM_BOT_TOKEN is not set');
  const name = await usernameOf(db, Number(telegramToken.split(':', 1)[0]));
  if (!name)
    throw away(
      'the bot has not reached Telegram yet, so its name is not known; look at the log of the API, beside which it runs',
    );
  return name;
}
