import { z } from 'zod';
import { insertTicket } from '../../sql/live/tickets.ts';
import { newToken, tokenHash } from '../../workers/sign-in/tokens.ts';
import { route } from '../http/route.ts';

const TICKET_SECONDS = 60;

export const liveRoutes = [
  route({
    tag: 'live',
    method: 'post',
    path: '/live/ticket',
    summary: 'A ticket for a socket of this session, where no cookie goes with it: GET /live?ticket=..., once, within a minute',
    scope: null,
    secretAnswer: true,
    body: z.strictObject({}),
    bodyOptional: true,
    responses: { 200: z.object({ ticket: z.string(), expires_in: z.int() }) },
    async handle(_input, { db, caller, now }) {
      const ticket = newToken();
      const expires = new Date(now.getTime() + TICKET_SECONDS * 1_000);
      await insertTicket(db, { hash: tokenHash(ticket), sessionId: caller.person!.sessionId, now, expires });
      return { body: { ticket, expires_in: TICKET_SECONDS } };
    },
  }),
] as const;
