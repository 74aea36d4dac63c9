import { z } from 'zod';
import { changeOwn, namesOf } from '../../sql/auth/people.ts';
import { endOtherSessions, endSession, sessionRow, sessionsOf } from '../../sql/auth/sessions.ts';
import { LOCALES } from '../../sql/database/locale.ts';
import { sessionCookie } from '../auth/visit.ts';
import { idParams } from '../http/paging.ts';
import { Problem } from '../http/problems.ts';
import { route } from '../http/route.ts';
import { textField } from '../http/text.ts';
import { oneOf } from './fields.ts';
import { rolesShown, userItem } from './opened.ts';

const shared = { tag: 'me', scope: null } as const;
const meItem = userItem.extend({ locale: z.string().nullable() });
const sessionItem = sessionRow.extend({ is_this: z.boolean() }).meta({ id: 'Session' });

/** What concerns whoever signed in. */
export const meRoutes = [
  route({
    ...shared,
    method: 'get',
    path: '/me',
    summary: 'Who signed in',
    responses: {
      200: z
        .object({
          user: meItem,
          children: z.array(z.object({ id: z.int(), first_name: z.string(), last_name: z.string() })),
          second_factor_needed: z
            .boolean()
            .meta({ description: 'true: nothing else can be asked for before it is shown or set up' }),
        })
        .meta({ id: 'Me' }),
    },
    async handle(_input, { db, caller }) {
      const { id, first_name, last_name, roles, children, locale, isLimited } = caller.person!;
      return {
        body: {
          second_factor_needed: isLimited,
          user: { id, first_name, last_name, roles: rolesShown(roles, children), locale },
          children: children.length > 0 ? await namesOf(db, children) : [],
        },
      };
    },
  }),
  route({
    ...shared,
    method: 'patch',
    path: '/me',
    transaction: true,
    summary: 'Change my name or language; phone, e-mail and Telegram, by which one is recognised, the studio changes',
    body: z
      .strictObject({
        first_name: textField(100).optional(),
        last_name: textField(100, 0).optional(),
        locale: oneOf(LOCALES)
          .nullable()
          .optional()
          .meta({ description: 'null: the studio’s', examples: ['en'] }),
      })
      .refine((body) => Object.keys(body).length > 0, { error: 'at least one field to change' }),
    responses: { 200: z.object({ user: meItem.meta({ id: 'MeChanged' }) }) },
    async handle({ body }, { db, caller }) {
      const { id, roles, children } = caller.person!;
      const { first_name: firstName, last_name: lastName, locale } = body;
      const changed = await changeOwn(db, id, { firstName, lastName, locale });
      const afterwards = async () => {
        caller.forget?.();
        return undefined;
      };
      return { body: { user: { id, ...changed, roles: rolesShown(roles, children) } }, afterwards };
    },
  }),
  route({
    ...shared,
    method: 'get',
    path: '/me/sessions',
    summary: 'My devices: open sessions, the one used last first',
    responses: { 200: z.object({ items: z.array(sessionItem) }) },
    async handle(_input, { db, caller, now }) {
      const { id, sessionId } = caller.person!;
      const rows = await sessionsOf(db, id, now);
      return { body: { items: rows.map((row) => ({ ...row, is_this: row.id === sessionId })) } };
    },
  }),
  route({
    ...shared,
    method: 'delete',
    path: '/me/sessions/{id}',
    summary: 'Sign a device out; it is out within a second',
    params: idParams,
    responses: { 204: z.undefined() },
    async handle({ params }, { db, caller, fleet }) {
      const { id, sessionId } = caller.person!;
      if (!(await endSession(db, id, params.id))) throw new Problem(404, `there is no session ${params.id}`);
      if (params.id === sessionId) caller.forget?.();
      const out = { 'Set-Cookie': sessionCookie(fleet.settings, '', new Date(0)) };
      return { status: 204, body: undefined, headers: params.id === sessionId ? out : {} };
    },
  }),
  route({
    ...shared,
    method: 'delete',
    path: '/me/sessions',
    summary: 'Sign all other devices out',
    responses: { 200: z.object({ ended: z.int() }) },
    async handle(_input, { db, caller }) {
      const { id, sessionId } = caller.person!;
      return { body: { ended: await endOtherSessions(db, id, sessionId) } };
    },
  }),
] as const;
