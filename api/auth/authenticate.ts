import { timingSafeEqual } from 'node:crypto';
import type { Request, RequestHandler, Response } from 'express';
import { isScope } from '../../queues/jobs/scopes.ts';
import { log } from '../../queues/log/log.ts';
import type { Fleet } from '../../queues/process/fleet.ts';
import { type ApiKey, hashOf, touchKey } from '../../sql/auth/api-keys.ts';
import type { OpenSession } from '../../sql/auth/sessions.ts';
import type { Database } from '../../sql/database/database.ts';
import { useTicket } from '../../sql/live/tickets.ts';
import { Refused } from '../../workers/refusal.ts';
import { mayDo } from '../../workers/rights.ts';
import { sessionMs } from '../../workers/sign-in/sessions.ts';
import { tokenHash } from '../../workers/sign-in/tokens.ts';
import type { Caller, Visit } from '../http/caller.ts';
import { Problem } from '../http/problems.ts';
import { scopesOf } from '../http/route.ts';
import { admit } from './gate.ts';
import { type countGuesses, networkOf } from './guesses.ts';
import { isJwt } from './jwt.ts';
import type { KeyRing } from './key-ring.ts';
import { callerFrom, visitorFrom } from './person.ts';
import { isRenewed, type SessionRing } from './session-ring.ts';
import { demandOwnOrigin, sessionCookie, visitOf } from './visit.ts';
import { isForVisitors } from './visitors.ts';

/** Keys are read again when they are this old, so a revoked one is refused within a second. */
const FRESH_MS = 1_000;
/** The same for who is being answered for longer: together with how often that is looked at, within a second. */
const FRESH_FOR_STREAMS_MS = 400;

type Options = {
  guesses: ReturnType<typeof countGuesses>;
  sessions: SessionRing;
  /** Also takes a browser's HTTP Basic password. */
  basic?: boolean;
};

/**
 * Says who asks: by a key, by the session of a cookie, a bearer's token or a JWT, or nobody, who is a visitor where the policy has something for
 * visitors at that path. Throws a 401 for everybody else, a 403 for a write without key or bearer that another site's page asked for.
 */
export function authenticate(fleet: Fleet, keys: KeyRing, { guesses, sessions, basic = false }: Options): RequestHandler {
  return async (request, response, next) => {
    const secret = request.get('x-api-key') || (basic ? basicPassword(request) : undefined);
    const visit = visitOf(request);
    response.locals.visit = visit;
    if (secret) response.locals.caller = await byKey(fleet.db, keys, secret, request, { guesses, basic });
    else {
      if (visit.isByCookie) demandOwnPage(request, fleet.settings);
      if (isByTicket(request)) response.locals.caller = await byTicket(fleet, sessions, request);
      else if (visit.token !== null) response.locals.caller = await bySession(fleet, sessions, visit, response);
    }
    response.locals.caller ??= visitor(request, basic);
    next();
  };
}

async function byKey(
  db: Database,
  keys: KeyRing,
  secret: string,
  request: Request,
  { guesses, basic }: Pick<Options, 'guesses'> & { basic: boolean },
): Promise<Caller> {
  const address = request.ip ?? '';
  const rest = guesses.restOf(address);
  if (rest > 0) {
    throw new Problem(429, 'too many wrong keys came from this address; Retry-After says when the next one is judged', {
      headers: { 'Retry-After': String(rest) },
    });
  }
  const now = performance.now();
  const hash = hashOf(secret);
  // A key that is not among the ones at hand may have been made a moment ago.
  const key = match(await keys(now - FRESH_MS), hash) ?? match(await keys(now), hash);
  if (!key) {
    guesses.miss(address);
    throw unknown('this key is not known', basic);
  }
  const ended = whyEnded(key, hash, new Date());
  if (ended) throw unknown(ended, basic);
  noteUse(db, key);
  return keyCaller(keys, key, hash);
}

function keyCaller(keys: KeyRing, key: ApiKey, hash: Buffer): Caller {
  const caller: Caller = {
    id: `#${key.id}`,
    name: key.name,
    scopes: key.scopes.filter(isScope),
    ...(key.vending_owner_id === null ? {} : { vendingOwnerId: key.vending_owner_id }),
    isStillLetIn: async ({ scope }) => {
      const now = await renewedKey(keys, key, hash);
      return now !== null && (scope === null || mayDo(now, ...scopesOf({ scope })));
    },
    renewed: () => renewedKey(keys, key, hash),
  };
  return caller;
}

/** A key as it is now, or null where it would be let in no more. While the database is away nobody can tell, and nobody is turned out. */
async function renewedKey(keys: KeyRing, before: ApiKey, hash: Buffer): Promise<Caller | null> {
  const known = await keys(performance.now() - FRESH_FOR_STREAMS_MS).catch(() => undefined);
  const key = known ? known.find((candidate) => candidate.id === before.id && isSecretOf(candidate, hash)) : before;
  return key && !whyEnded(key, hash, new Date()) ? keyCaller(keys, key, hash) : null;
}

/** Undefined for a session that is not valid any more: its cookie is worth nothing, and its sender a visitor. */
async function bySession(fleet: Fleet, sessions: SessionRing, visit: Visit, response: Response): Promise<Caller | undefined> {
  const token = visit.token as string;
  const find = () => (isJwt(token) ? sessions.ofJwt(token) : sessions.of(token));
  const session = await find();
  if (!session) {
    if (!visit.isByCookie) throw unknown('this token is not valid, or not any more', false, 'Bearer error="invalid_token"');
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
async function byTicket(fleet: Fleet, sessions: SessionRing, request: Request): Promise<Caller> {
  const { ticket } = request.query;
  const hash = typeof ticket === 'string' ? await useTicket(fleet.db, tokenHash(ticket), new Date()) : null;
  const session = hash && (await sessions.ofHash(hash));
  if (!session) throw unknown('this ticket is not valid, or was used: it is good for one socket, within a minute', false);
  return personCaller(session, () => sessions.ofHash(hash));
}

const isByTicket = ({ path, query }: Request) => path === '/live' && query.ticket !== undefined;

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

/** Nobody, where there is something for visitors. Elsewhere a 401, before a body is read. */
function visitor(request: Request, basic: boolean): Caller {
  if (!isForVisitors(request.method, request.path)) throw unknown('sign in, or send a key: header X-API-Key', basic);
  return visitorFrom(networkOf(request.ip ?? ''));
}

const isWrite = ({ method }: Request) => method !== 'GET' && method !== 'HEAD' && method !== 'OPTIONS';

/** A browser sends cookies for whatever page asks it to: no write, and nothing of Bull Board, is answered to pages of others. */
function demandOwnPage(request: Request, settings: Fleet['settings']) {
  if (isWrite(request)) demandOwnOrigin(request, settings);
  else if (/^\/queues(\/|$)/.test(request.path) && request.get('cookie'))
    demandOwnOrigin(request, settings, request.get('referer'));
}

export const callerOf = (response: Response): Caller => response.locals.caller;
export const visitFrom = (response: Response): Visit => response.locals.visit;

/** Compares with every key and the secret before its rotation, each in constant time: how long it takes tells nothing. */
const match = (keys: readonly ApiKey[], hash: Buffer) => keys.filter((key) => isSecretOf(key, hash))[0];

function isSecretOf(key: ApiKey, hash: Buffer): boolean {
  const isNow = timingSafeEqual(key.key_hash, hash);
  const wasBefore = timingSafeEqual(key.previous_hash ?? key.key_hash, hash);
  return isNow || wasBefore;
}

/** Why a known secret is not valid any more, or null while it is. */
function whyEnded(key: ApiKey, hash: Buffer, now: Date): string | null {
  const isPast = (instant: string | null) => instant !== null && new Date(instant) <= now;
  if (!key.key_hash.equals(hash)) {
    return isPast(key.previous_until)
      ? `this secret of the key "${key.name}" was replaced; it ended at ${key.previous_until}`
      : null;
  }
  return isPast(key.expires_at) ? `the key "${key.name}" expired at ${key.expires_at}` : null;
}

const NOTED_MS = 60_000;
const noted = new WeakMap<Database, Map<number, number>>();

/** Notes once a minute that a key was used. What is at hand of the key is older than its first use, so that is remembered here. */
function noteUse(db: Database, { id, last_used_at }: ApiKey) {
  const uses = noted.get(db) ?? new Map<number, number>();
  noted.set(db, uses);
  const now = Date.now();
  if (now - Math.max(uses.get(id) ?? 0, last_used_at ? Date.parse(last_used_at) : 0) < NOTED_MS) return;
  uses.set(id, now);
  touchKey(db, id).catch((error) => log.debug({ err: error }, 'the use of a key was not noted'));
}

function unknown(detail: string, basic: boolean, bearer?: string) {
  const challenge =
    bearer ??
    (basic ? 'Basic realm="Studio Fleet: any name, the key as password", charset="UTF-8"' : 'ApiKey header="X-API-Key"');
  return new Problem(401, detail, { headers: { 'WWW-Authenticate': challenge } });
}

function basicPassword(request: Request): string | undefined {
  const [, encoded] = /^Basic ([A-Za-z0-9+/=]+)$/i.exec(request.get('authorization') ?? '') ?? [];
  return encoded && Buffer.from(encoded, 'base64').toString().split(':').slice(1).join(':');
}
