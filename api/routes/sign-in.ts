import { z } from 'zod';
import { dayOf } from '../../queues/time/calendar.ts';
import { findPassword, setPassword } from '../../sql/auth/passwords.ts';
import { findRoles } from '../../sql/auth/roles.ts';
import { endOtherSessions, endSession, findSession, type OpenedBy, type OpenSession } from '../../sql/auth/sessions.ts';
import { deviceOf, deviceWith } from '../../workers/sign-in/device.ts';
import { hashPassword, isPassword } from '../../workers/sign-in/hash.ts';
import { GONE, join, lookAtLink } from '../../workers/sign-in/links.ts';
import { LOGIN } from '../../workers/sign-in/login.ts';
import { openSession } from '../../workers/sign-in/sessions.ts';
import { whoseAccount } from '../../workers/sign-in/sign-in.ts';
import { secretOf, tokenHash } from '../../workers/sign-in/tokens.ts';
import { isJwt, signJwt, TOKEN_SECONDS } from '../auth/jwt.ts';
import { deviceCookie, sessionCookie } from '../auth/visit.ts';
import { Problem } from '../http/problems.ts';
import { type Context, type Route, route } from '../http/route.ts';
import { textField } from '../http/text.ts';
import { oneOf } from './fields.ts';

export const loginField = textField(254).meta({ description: LOGIN, examples: ['+79161234567'] });
const typedPassword = textField(200);
export const newPassword = textField(200, 8).meta({ examples: ['correct horse battery'] });
const linkToken = textField(200, 20).meta({ description: 'of the link', examples: ['of-the-link-that-was-given'] });

export const userItem = z
  .object({ id: z.int(), first_name: z.string(), last_name: z.string(), roles: z.array(z.string()) })
  .meta({ id: 'SignedIn' });
const signedIn = z.object({ user: userItem });
const shared = { tag: 'sign-in', scope: null, secretAnswer: true } as const;

export const signInRoutes: Route[] = [
  route({
    ...shared,
    method: 'post',
    path: '/auth/sign-in',
    summary: 'Sign in with a phone, an e-mail or a login, and a password; the answer sets the cookie of the session',
    body: z.strictObject({ login: loginField, password: typedPassword }),
    responses: { 200: signedIn },
    async handle({ body }, context) {
      const userId = await whoSignsIn(body, context);
      const opened = await open(context, userId, 'password');
      return { body: { user: opened.user }, headers: opened.headers };
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
      .strictObject({ login: loginField.optional(), password: typedPassword.optional() })
      .refine((body) => (body.login === undefined) === (body.password === undefined), {
        error: 'login and password, or neither',
      }),
    bodyOptional: true,
    responses: { 200: z.object({ access_token: z.string(), token_type: z.literal('Bearer'), expires_in: z.int() }) },
    async handle({ body: { login, password } }, context) {
      const { visit, fleet, now } = context;
      const isOwn = login === undefined || password === undefined;
      const token = isOwn ? visit.token : (await open(context, await whoSignsIn({ login, password }, context), 'password')).token;
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
      const { user, headers } = await open(context, userId, 'link');
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
    async handle({ body }, { db, caller }) {
      const person = caller.person!;
      const present = await findPassword(db, person.id);
      if (present !== null && !(await isPassword(body.current ?? '', present, 'known device')))
        throw new Problem(403, 'the present password is wrong', {
          errors: [{ path: 'current', message: 'the present password' }],
        });
      await setPassword(db, person.id, await hashPassword(body.new, 'known device'));
      await endOtherSessions(db, person.id, person.sessionId);
      return { status: 204, body: undefined };
    },
  }),
];

async function whoSignsIn(
  { login, password }: { login: string; password: string },
  { fleet, visit, now }: Context,
): Promise<number> {
  const secret = await secretOf(fleet.db, 'devices');
  const known = (userId: number) => deviceOf(secret, visit.device, userId);
  return whoseAccount(fleet.db, { login, password, deviceOf: known }, now, fleet.settings.zone);
}

/** Opens a session for whoever has shown who they are; with the cookies that a browser keeps. Throws a 403 for somebody without any role. */
export async function open({ fleet, visit, now }: Context, userId: number, openedBy: OpenedBy) {
  const { db, settings } = fleet;
  const roles = await findRoles(db, userId);
  const session = await openSession(db, { id: userId, roles }, openedBy, { agent: visit.agent, address: visit.address }, now);
  const device = deviceWith(await secretOf(db, 'devices'), visit.device, userId);
  const found = (await findSession(db, tokenHash(session.token), now, dayOf(now, settings.zone))) as OpenSession;
  return {
    token: session.token,
    user: userOf(found),
    headers: { 'Set-Cookie': [sessionCookie(settings, session.token, session.expires), deviceCookie(settings, device)] },
  };
}

export const userOf = (session: OpenSession) => ({
  id: session.user_id,
  first_name: session.first_name,
  last_name: session.last_name,
  roles: rolesShown(session.roles, session.children),
});

/** Roles as they are shown: whoever looks after somebody is a guardian, too. */
export const rolesShown = (roles: readonly string[], children: readonly number[]): string[] => [
  ...roles,
  ...(children.length > 0 ? ['guardian'] : []),
];
