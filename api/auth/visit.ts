import type { Request } from 'express';
import type { Settings } from '../../queues/process/settings.ts';
import type { Visit } from '../http/caller.ts';
import { Problem } from '../http/problems.ts';

const SESSION = 'sf_session';
const DEVICE = 'sf_device';
const TOKEN = /^[\w.~+/=-]{20,2000}$/;

export function visitOf(request: Request): Visit {
  const cookies = cookiesOf(request.get('cookie') ?? '');
  const [, bearer] = /^Bearer +(\S+)$/i.exec(request.get('authorization') ?? '') ?? [];
  const token = bearer ?? cookies.get(SESSION) ?? null;
  return {
    address: request.ip ?? '',
    agent: request.get('user-agent') ?? '',
    token: token !== null && TOKEN.test(token) ? token : null,
    isByCookie: bearer === undefined,
    device: cookies.get(DEVICE) ?? null,
  };
}

/** Of two cookies of one name the first counts, which is the one with the longer path. */
function cookiesOf(header: string): Map<string, string> {
  const cookies = new Map<string, string>();
  for (const pair of header.split(';')) {
    const [name = '', ...value] = pair.split('=');
    if (!cookies.has(name.trim())) cookies.set(name.trim(), value.join('=').trim());
  }
  return cookies;
}

const YEAR_SECONDS = 365 * 86_400;

/** `Set-Cookie` of a session, until an instant; of an empty token: takes the cookie away. */
export const sessionCookie = (settings: Settings, token: string, expires: Date) =>
  cookie(settings, SESSION, token, token === '' ? 0 : Math.max(0, Math.floor((expires.getTime() - Date.now()) / 1_000)));

/** `Set-Cookie` of a device that signed in, for a year. */
export const deviceCookie = (settings: Settings, value: string) => cookie(settings, DEVICE, value, YEAR_SECONDS);

const cookie = (settings: Settings, name: string, value: string, seconds: number) =>
  `${name}=${value}; Path=/; Max-Age=${seconds}; HttpOnly; SameSite=Lax${isHttps(settings) ? '; Secure' : ''}`;

const isHttps = ({ publicUrl, tls }: Settings) => (publicUrl ? publicUrl.startsWith('https:') : tls !== undefined);

/**
 * Throws a 403 unless a write comes from our own pages: a browser sends its cookies for whatever page asks it to. A program that is
 * no browser sends neither header, and nobody's cookies.
 */
export function demandOwnOrigin(request: Request, settings: Settings) {
  const site = request.get('sec-fetch-site');
  const origin = request.get('origin');
  const isOwn = origin === undefined || originsOf(request, settings).includes(origin);
  if (!isOwn || (site !== undefined && site !== 'same-origin' && site !== 'none')) {
    throw new Problem(403, 'this was asked by a page of another site');
  }
}

const originsOf = (request: Request, settings: Settings) =>
  settings.publicUrl ? [new URL(settings.publicUrl).origin] : [`http://${request.get('host')}`, `https://${request.get('host')}`];
