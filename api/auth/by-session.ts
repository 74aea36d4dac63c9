import type { Request, Response } from 'express';
import type { Fleet } from '../../queues/process/fleet.ts';
import type { OpenSession } from '../../sql/auth/sessions.ts';
import { useTicket } from '../../sql/live/tickets.ts';
import { Refused } from '../../workers/refusal.ts';
import { sessionMs } from '../../workers/sign-in/sessions.ts';
import { tokenHash } from '../../workers/sign-in/tokens.ts';
import type { Caller, Visit } from '../http/caller.ts';
import { Problem } from '../http/problems.ts';
import { admit } from './gate.ts';
import { isJwt } from './jwt.ts';
import { callerFrom } from './person.ts';
import { isRenewed, type SessionRing } from './session-ring.ts';
import { unknownCaller } from './unknown-caller.ts';
import { sessionCookie } from './visit.ts';

/** The session of a cookie, a bearer's token or a JWT. Undefined for a session that is not valid any more: its cookie is worth nothing, and its sender a visitor. */
export async function bySession(
  fleet: Fleet,
  sessions: SessionRing,
  visit: Visit,
  response: Response,
): Promise<Caller | undefined> {
  const token = visit.token as string;
  const find = () => (isJwt(token) ? sessions.ofJwt(token) : sessions.of(token));
  const session = await find();
  if (!session) {
    if (!visit.isByCookie) throw unknownCaller('this token is not valid, or not any more', false, 'Bearer error="invalid_token"');
    return undefined;
  }
  // The browser keeps the cookie as long as the session lasts, which is longer with each use.
  if (visit.isByCookie && isRenewed(session, new Date())) {
    const expires = new Date(Date.now() + sessionMs(session.roles));
    response.set('Set-Cookie', sessionCookie(fleet.settings, token, expires));
  }
  return { ...personCaller(session, find), forget: () => sessions.forget(token) };
}

/** A ticket opens a socket for whoever was signed in when it was given, where no cookie can: in a frame, or in a program. */
export async function byTicket(fleet: Fleet, sessions: SessionRing, request: Request): Promise<Caller> {
  const { ticket } = request.query;
  const hash = typeof ticket === 'string' ? await useTicket(fleet.db, tokenHash(ticket), new Date()) : null;
  const session = hash && (await sessions.ofHash(hash));
  if (!session) throw unknownCaller('this ticket is not valid, or was used: it is good for one socket, within a minute', false);
  return personCaller(session, () => sessions.ofHash(hash));
}

/** Whether a request is for the socket, by a ticket. */
export const isByTicket = ({ path, query }: Request) => path === '/live' && query.ticket !== undefined;

/** @param find the session as it is now, or null */
function personCaller(session: OpenSession, find: () => Promise<OpenSession | null>): Caller {
  // While the database is away nobody can tell, and nobody is turned out.
  const renewed = async () => {
    const now = await find().catch(() => session);
    return now && personCaller(now, find);
  };
  return callerFrom(session, {
    renewed,
    isStillLetIn: async (asked) => {
      const now = await renewed();
      return now !== null && isAdmitted(now, asked);
    },
  });
}

function isAdmitted(caller: Caller, asked: Parameters<typeof admit>[1]): boolean {
  try {
    admit(caller, asked);
    return true;
  } catch (error) {
    if (error instanceof Problem || error instanceof Refused) return false;
    throw error;
  }
}
