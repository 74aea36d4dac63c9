import { log } from '../../queues/log/log.ts';
import { dayOf } from '../../queues/time/calendar.ts';
import { findSession, type OpenSession, touchSession } from '../../sql/auth/sessions.ts';
import type { Database } from '../../sql/database/database.ts';
import { sessionMs } from '../../workers/sign-in/sessions.ts';
import { secretOf, tokenHash } from '../../workers/sign-in/tokens.ts';
import { readJwt } from './jwt.ts';

/** A session is looked up again when what is known of it is this old, so one that was ended is out within a second. */
const FRESH_MS = 500;
const TOUCH_MS = 60_000;
/** So many sessions are remembered; then the oldest is forgotten. */
const MOST = 10_000;

export type SessionRing = ReturnType<typeof sessionRing>;
type Known = { session: Promise<OpenSession | null>; readAt: number };

/**
 * Valid sessions by their tokens. However often one is used, it is read twice a second at most; whoever asks meanwhile gets what was
 * read. Being used moves a session's end on, noted once a minute.
 */
export function sessionRing(db: Database, zone: string, clock: () => Date = () => new Date()) {
  const known = new Map<string, Known>();

  async function read(hash: Buffer): Promise<OpenSession | null> {
    const now = clock();
    const session = await findSession(db, hash, now, dayOf(now, zone));
    if (session && now.getTime() - Date.parse(session.seen_at) > TOUCH_MS) {
      const expires = new Date(now.getTime() + sessionMs(session.roles));
      touchSession(db, session.id, now, expires).catch((error) =>
        log.debug({ err: error }, 'the use of a session was not noted'),
      );
    }
    return session;
  }

  function ofHash(hash: Buffer): Promise<OpenSession | null> {
    const name = hash.toString('base64');
    const found = known.get(name);
    if (found && performance.now() - found.readAt < FRESH_MS) return found.session;
    const fresh: Known = { session: read(hash), readAt: performance.now() };
    known.delete(name);
    known.set(name, fresh);
    if (known.size > MOST) known.delete(known.keys().next().value as string);
    fresh.session.then(
      // What nobody has is not remembered: guesses must not push out those who are here.
      (session) => session === null && known.get(name) === fresh && known.delete(name),
      () => known.get(name) === fresh && known.delete(name),
    );
    return fresh.session;
  }

  return {
    /** The session of a token as it was at most half a second ago, or null. */
    of: (token: string) => ofHash(tokenHash(token)),
    /** The same by the token's hash. */
    ofHash,
    /** The session behind a JWT, or null. */
    async ofJwt(jwt: string): Promise<OpenSession | null> {
      const hash = await readJwt(await secretOf(db, 'jwt'), jwt, clock());
      return hash && ofHash(hash);
    },
    /** Forgets what is known, where this process itself has ended or changed sessions. */
    forget: () => known.clear(),
  };
}
