import { timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { log } from '../../queues/log/log.ts';
import type { Fleet } from '../../queues/process/fleet.ts';
import { publicUrl } from '../../workers/fleet/ask-api.ts';
import { Refused } from '../../workers/refusal.ts';
import { whoOpened, whoseTelegram } from '../../workers/sign-in/telegram.ts';
import { authorizationUrl, type Flow, newFlow, telegramIdOf } from '../../workers/sign-in/telegram-oidc.ts';
import { isSigned, secretOf, sign } from '../../workers/sign-in/tokens.ts';
import { attemptsOf, demandRest } from '../auth/attempts.ts';
import { FLOW, flowCookie } from '../auth/visit.ts';
import { away, Problem } from '../http/problems.ts';
import { route } from '../http/route.ts';
import { textField } from '../http/text.ts';
import { open, openInBrowser, signedIn } from './opened.ts';

const shared = { tag: 'sign-in', scope: null } as const;
const FLOW_SECONDS = 600;
const LOCAL = 'a path of these pages, such as /cabinet';
const sent = z.object({ href: z.string() });

/** Signing in by Telegram: inside its Mini App, and from a browser by OpenID Connect. */
export const telegramSignInRoutes = [
  route({
    ...shared,
    method: 'post',
    path: '/auth/telegram-app',
    summary:
      'Sign in with what Telegram gave the Mini App, at most an hour old, once; the token of the session is for its sessionStorage',
    secretAnswer: true,
    body: z.strictObject({ init_data: textField(4_000).meta({ examples: ['query_id=...&user=...&auth_date=...&hash=...'] }) }),
    responses: { 200: signedIn.extend({ session_token: z.string() }) },
    async handle({ body }, context) {
      const { fleet, now, visit } = context;
      const { telegramToken } = fleet.settings;
      if (!telegramToken) throw new Problem(409, 'there is no bot: TELEGRAM_BOT_TOKEN is not set');
      const { signIn } = attemptsOf(fleet);
      demandRest(signIn, visit.address);
      const userId = await whoOpened(fleet.db, body.init_data, telegramToken, now).catch((error) => {
        if (error instanceof Refused && error.kind === 'unknown') signIn.miss(visit.address);
        throw error;
      });
      const { user, token } = await open(context, userId, 'telegram-app');
      return { body: { user, session_token: token } };
    },
  }),
  route({
    ...shared,
    method: 'get',
    path: '/auth/telegram',
    summary: 'Sign in by Telegram from a browser: sends it there, and back to /auth/telegram/callback',
    query: z.strictObject({
      to: z
        .string()
        .max(300, { error: LOCAL })
        .regex(/^\/(?![/\\])[\w\-./?=&%]*$/, { error: LOCAL })
        .default('/')
        .meta({ description: 'where to go afterwards', examples: ['/cabinet'] }),
    }),
    responses: { 302: sent },
    async handle({ query }, { fleet, now }) {
      const flow = newFlow();
      const href = await authorizationUrl(clientOf(fleet), flow, callbackOf(fleet)).catch(notAnswering);
      const value = await signedFlow(fleet, { ...flow, to: query.to, until: now.getTime() + FLOW_SECONDS * 1_000 });
      const headers = { Location: href, 'Set-Cookie': flowCookie(fleet.settings, value, FLOW_SECONDS) };
      return { status: 302, body: { href }, headers };
    },
  }),
  route({
    ...shared,
    method: 'get',
    path: '/auth/telegram/callback',
    summary: 'Where Telegram sends a browser back to; signs in',
    // Telegram may send more along.
    query: z.object({
      code: z.string().max(2_000).optional(),
      state: z.string().max(200).default(''),
      error: z.string().max(200).optional(),
      error_description: z.string().max(1_000).optional(),
      iss: z.string().max(200).optional(),
    }),
    responses: { 302: sent },
    async handle({ query: { code, state, iss } }, context) {
      const { fleet, now, visit } = context;
      const client = clientOf(fleet);
      const flow = await readFlow(fleet, visit.flow ?? '', now);
      if (!flow || !isSame(flow.state, state) || (iss !== undefined && iss.replace(/\/$/, '') !== client.root))
        throw new Problem(401, 'this did not begin in this browser, or too long ago; begin anew at /auth/telegram');
      if (code === undefined) throw new Problem(401, 'Telegram was not allowed to say who you are');
      const telegramId = await telegramIdOf(client, flow, code, callbackOf(fleet), now).catch(notAnswering);
      const { headers } = await openInBrowser(context, await whoseTelegram(fleet.db, telegramId), 'telegram');
      const cookies = [...headers['Set-Cookie'], flowCookie(fleet.settings, '', 0)];
      return { status: 302, body: { href: flow.to }, headers: { Location: flow.to, 'Set-Cookie': cookies } };
    },
  }),
] as const;

function clientOf({ settings }: Fleet) {
  if (!settings.telegramOidc) throw new Problem(409, 'signing in by Telegram is not set up: TELEGRAM_OIDC_CLIENT_ID is not set');
  return settings.telegramOidc;
}

const callbackOf = ({ settings }: Fleet) => `${publicUrl(settings)}/auth/telegram/callback`;

function notAnswering(error: unknown): never {
  if (error instanceof Refused || error instanceof Problem) throw error;
  log.warn({ err: error }, 'Telegram did not answer while somebody was signing in');
  throw away('Telegram does not answer; sign in with your password, or try again later');
}

const kept = z.object({ state: z.string(), nonce: z.string(), verifier: z.string(), to: z.string(), until: z.number() });
type KeptFlow = Flow & z.output<typeof kept>;

/** What a browser keeps while it is at Telegram, signed: {@link FLOW}. */
async function signedFlow({ db }: Fleet, flow: KeptFlow): Promise<string> {
  const text = Buffer.from(JSON.stringify(flow)).toString('base64url');
  return `${text}.${sign(await secretOf(db, FLOW), text)}`;
}

async function readFlow({ db }: Fleet, cookie: string, now: Date): Promise<KeptFlow | null> {
  const [text = '', signature = ''] = cookie.split('.');
  if (!isSigned(await secretOf(db, FLOW), text, signature)) return null;
  const flow = kept.parse(JSON.parse(Buffer.from(text, 'base64url').toString()));
  return flow.until > now.getTime() ? flow : null;
}

function isSame(one: string, other: string): boolean {
  const [wanted, given] = [Buffer.from(one), Buffer.from(other)];
  return wanted.length === given.length && timingSafeEqual(wanted, given);
}
