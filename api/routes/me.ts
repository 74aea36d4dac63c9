import { z } from 'zod';
import { namesOf } from '../../sql/auth/people.ts';
import { endOtherSessions, endSession, sessionRow, sessionsOf } from '../../sql/auth/sessions.ts';
import { sessionCookie } from '../auth/visit.ts';
import { idParams } from '../http/paging.ts';
import { Problem } from '../http/problems.ts';
import { type Route, route } from '../http/route.ts';
import { rolesShown, userItem } from './sign-in.ts';

const shared = { tag: 'me', scope: null } as const;
const sessionItem = sessionRow.extend({ is_this: z.boolean() }).meta({ id: 'Session' });

/** What concerns whoever signed in. */
export const meRoutes: Route[] = [
  route({
    ...shared,
    method: 'get',
    path: '/me',
    summary: 'Who signed in',
    responses: {
      200: z
        .object({
          user: userItem.extend({ locale: z.string().nullable() }),
          children: z.array(z.object({ id: z.int(), first_name: z.string(), last_name: z.string() })),
        })
        .meta({ id: 'Me' }),
    },
    async handle(_input, { db, caller }) {
      const { id, first_name, last_name, roles, children, locale } = caller.person!;
      return {
        body: {
          user: { id, first_name, last_name, roles: rolesShown(roles, children), locale },
          children: children.length > 0 ? await namesOf(db, children) : [],
        },
      };
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
];
