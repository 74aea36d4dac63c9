import { z } from 'zod';
import { dayOf } from '../../queues/time/calendar.ts';
import { findPassword, setPassword } from '../../sql/auth/passwords.ts';
import { endOtherSessions, endSession, findSession } from '../../sql/auth/sessions.ts';
import type { Database } from '../../sql/database/database.ts';
import { Refused } from '../../workers/refusal.ts';
import { deviceOf } from '../../workers/sign-in/device.ts';
import { hashPassword, isPassword, SIGNED_IN } from '../../workers/sign-in/hash.ts';
import { GONE, join, lookAtLink } from '../../workers/sign-in/links.ts';
import { LOGIN } from '../../workers/sign-in/login.ts';
import { whoseAccount } from '../../workers/sign-in/sign-in.ts';
import { secretOf, tokenHash } from '../../workers/sign-in/tokens.ts';
import { withTries } from '../../workers/sign-in/tries.ts';
import { attemptsOf, demandRest } from '../auth/attempts.ts';
import { networkOf } from '../auth/guesses.ts';
import { isJwt, signJwt, TOKEN_SECONDS } from '../auth/jwt.ts';
import { sessionCookie } from '../auth/visit.ts';
import type { Person } from '../http/caller.ts';
import { Problem } from '../http/problems.ts';
import { type Context, route } from '../http/route.ts';
import { textField } from '../http/text.ts';
import { oneOf } from './fields.ts';
import { open, openInBrowser, signedIn } from './opened.ts';

export const loginField = textField(254).meta({ description: LOGIN, examples: ['+79161234567'] });
const typedPassword = textField(200);
export const codeField = textField(40).meta({
  description: 'of the authenticator app, or a recovery code; whoever has a second factor needs one',
  examples: ['123456'],
});
export const newPassword = textField(200, 8).meta({ examples: ['correct horse battery'] });
const linkToken = textField(200, 20).meta({ description: 'of the link', examples: ['of-the-link-that-was-given'] });

const shared = { tag: 'sign-in', scope: null, secretAnswer: true } as const;

export const signInRoutes = [
  route({
    ...shared,
    method: 'post',
    path: '/auth/sign-in',
    summary: 'Sign in with a phone, an e-mail or a login, and a password; the answer sets the cookie of the session',
    body: z.strictObject({ login: loginField, password: typedPassword, code: codeField.optional() }),
    responses: { 200: signedIn },
    async handle({ body }, context) {
      const userId = await whoSignsIn(body, context);
      const { user, headers } = await openInBrowser(context, userId, 'password');
      return { body: { user }, headers };
    },
  }),
  route({
    ...shared,
    method: 'post',
    path: '/auth/sign-out',
    summary: 'End this session; a second time changes nothing',
    body: z.strictObject({}),
    bodyOptional: true,
    responses: { 204: z.undefined() },
    async handle(_input, { db, caller, fleet }) {
      if (caller.person) await endSession(db, caller.person.id, caller.person.sessionId);
      caller.forget?.();
      return { status: 204, body: undefined, headers: { 'Set-Cookie': sessionCookie(fleet.settings, '', new Date(0)) } };
    },
  }),
  route({
    ...shared,
    method: 'post',
    path: '/auth/token',
    summary:
      'A JWT for programs, valid for 15 minutes and as long as its session: for a session, or for a login and its password',
    body: z
      .strictObject({ login: loginField.optional(), password: typedPassword.optional(), code: codeField.optional() })
      .refine((body) => (body.login === undefined) === (body.password === undefined), {
        error: 'login and password, or neither',
      }),
    bodyOptional: true,
    responses: { 200: z.object({ access_token: z.string(), token_type: z.literal('Bearer'), expires_in: z.int() }) },
    async handle({ body: { login, password, code } }, context) {
      const { visit, fleet, now } = context;
      const isOwn = login === undefined || password === undefined;
      const token = isOwn
        ? visit.token
        : (await open(context, await whoSignsIn({ login, password, code }, context), 'password')).token;
      if (token === null || isJwt(token))
        throw new Problem(401, 'a session by its cookie or token is needed, or login and password');
      const session = await findSession(fleet.db, tokenHash(token), now, dayOf(now, fleet.settings.zone));
      if (!session) throw new Problem(401, 'this session has ended; sign in again');
      const access_token = await signJwt(await secretOf(fleet.db, 'jwt'), session.user_id, tokenHash(token), now);
      return { body: { access_token, token_type: 'Bearer' as const, expires_in: TOKEN_SECONDS } };
    },
  }),
  route({
    ...shared,
    method: 'post',
    path: '/auth/join/look',
    summary: 'What a link to join is for, before it is used',
    body: z.strictObject({ token: linkToken }),
    responses: {
      200: z.object({
        purpose: oneOf(['invitation', 'first owner', 'password']),
        role: z.string().nullable(),
        login: z.string().nullable(),
        first_name: z.string().nullable(),
        expires_at: z.iso.datetime(),
      }),
    },
    async handle({ body }, { db, now }) {
      const link = await lookAtLink(db, body.token, now);
      if (!link) throw new Problem(404, GONE);
      const { purpose, role, login, first_name, expires_at } = link;
      return { body: { purpose, role, login, first_name, expires_at } };
    },
  }),
  route({
    ...shared,
    method: 'post',
    path: '/auth/join',
    summary: 'Use a link: set the password and sign in. Once, within seven days; sessions that were open end',
    body: z.strictObject({
      token: linkToken,
      password: newPassword,
      login: loginField.optional().meta({ description: 'where the link names none: the first owner says it' }),
      first_name: textField(100).optional(),
      last_name: textField(100, 0).optional(),
    }),
    responses: { 200: signedIn },
    async handle({ body }, context) {
      const { token, password, login, first_name: firstName, last_name: lastName } = body;
      const userId = await join(
        context.fleet.db,
        { token, password, login, firstName, lastName },
        context.now,
        context.fleet.settings.zone,
      );
      const { user, headers } = await openInBrowser(context, userId, 'link');
      return { body: { user }, headers };
    },
  }),
  route({
    ...shared,
    method: 'post',
    path: '/auth/password',
    summary: 'Set a new password, with the present one if there is one; all other sessions end',
    body: z.strictObject({ current: typedPassword.optional(), new: newPassword }),
    responses: { 204: z.undefined() },
    async handle({ body }, { fleet, caller, now }) {
      const { id, sessionId } = caller.person!;
      await demandPassword(fleet.db, caller.person!, body.current ?? '', now, 'current');
      await setPassword(fleet.db, id, await hashPassword(body.new, SIGNED_IN));
      await endOtherSessions(fleet.db, id, sessionId);
      return { status: 204, body: undefined };
    },
  }),
] as const;

/** Throws a 403 unless somebody who is signed in shows their password, if they have one; a 429 after five in a row that were wrong. */
export async function demandPassword(db: Database, { id, sessionId }: Person, password: string, now: Date, field: string) {
  const present = await findPassword(db, id);
  if (present === null) return;
  await withTries(db, { what: `password of #${id}`, device: String(sessionId) }, now, async () => {
    if (await isPassword(password, present, SIGNED_IN)) return;
    const errors = [{ path: field, message: 'the present password' }];
    throw new Refused('not_allowed', 'the present password is wrong', { errors });
  });
}

type Shown = { login: string; password: string; code?: string | undefined };

async function whoSignsIn({ login, password, code }: Shown, { fleet, visit, now }: Context): Promise<number> {
  const secret = await secretOf(fleet.db, 'devices');
  const { signIn } = attemptsOf(fleet);
  const attempt = {
    login,
    password,
    code,
    deviceOf: (userId: number) => deviceOf(secret, visit.device, userId),
    from: networkOf(visit.address),
    demandRoom: () => demandRest(signIn, visit.address),
    missed: () => signIn.miss(visit.address),
  };
  return whoseAccount(fleet.db, attempt, now, fleet.settings.zone);
}
