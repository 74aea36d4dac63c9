import { z } from 'zod';
import { listTeam, openInvitationRow, openInvitations, teamMemberRow } from '../../sql/auth/team.ts';
import { route } from '../http/route.ts';

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
] as const;
