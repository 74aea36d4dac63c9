import { z } from 'zod';
import { isPerson } from '../../sql/auth/people.ts';
import { endOtherSessions, roles } from '../../sql/auth/sessions.ts';
import { listTeam, openInvitationRow, openInvitations, teamMemberRow } from '../../sql/auth/team.ts';
import { takeRole } from '../../workers/sign-in/take-role.ts';
import { idParams } from '../http/paging.ts';
import { Problem } from '../http/problems.ts';
import { route } from '../http/route.ts';
import { oneOf } from './fields.ts';

const shared = { tag: 'sign-in', scope: 'rights:write', method: 'delete', transaction: true } as const;

export const teamRoutes = [
  route({
    method: 'get',
    path: '/api/team',
    summary: 'Who works here, whether and how they sign in, and the invitations nobody has used yet',
    tag: 'sign-in',
    scope: 'records:read',
    responses: {
      200: z.object({ members: z.array(teamMemberRow), invitations: z.array(openInvitationRow) }).meta({ id: 'Team' }),
    },
    handle: async (_input, { db, now }) => ({
      body: { members: await listTeam(db, now), invitations: await openInvitations(db, now) },
    }),
  }),
  route({
    ...shared,
    path: '/api/people/{id}/roles/{role}',
    summary: 'Take a role away from somebody, but not from the last owner; they are signed out everywhere',
    params: idParams.extend({ role: oneOf(roles).meta({ examples: ['trainer'] }) }),
    responses: { 204: z.undefined() },
    async handle({ params }, { db, caller }) {
      await takeRole(db, params.id, params.role);
      caller.forget?.();
      return { status: 204, body: undefined };
    },
  }),
  route({
    ...shared,
    path: '/api/people/{id}/sessions',
    summary: 'Sign somebody out on all devices, but the one that asks; they are out within a second',
    params: idParams,
    responses: { 200: z.object({ ended: z.int() }) },
    async handle({ params }, { db, caller }) {
      if (!(await isPerson(db, params.id))) throw new Problem(404, `there is no person ${params.id}`);
      return { body: { ended: await endOtherSessions(db, params.id, caller.person?.sessionId ?? null) } };
    },
  }),
] as const;
