import type { Request } from 'express';
import type { Settings } from '../../queues/process/settings.ts';
import type { Visit } from '../http/caller.ts';
import { Problem } from '../http/problems.ts';

const SESSION = 'sf_session';
const DEVICE = 'sf_device';
/** The cookie of a browser that is at Telegram to show who it is. */
export const FLOW = 'sf_telegram';
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
    flow: cookies.get(FLOW) ?? null,
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

/** `Set-Cookie` of a browser that is sent to Telegram; empty: takes it away. */
export const flowCookie = (settings: Settings, value: string, seconds: number) =>
  cookie(settings, FLOW, value, seconds, '/auth/telegram');

const cookie = (settings: Settings, name: string, value: string, seconds: number, path = '/') =>
  `${name}=${value}; Path=${path}; Max-Age=${seconds}; HttpOnly; SameSite=Lax${isHttps(settings) ? '; Secure' : ''}`;

const isHttps = ({ publicUrl, tls }: Settings) => (publicUrl ? publicUrl.startsWith('https:') : tls !== undefined);

/**
 * Throws a 403 unless a request comes from our own pages: a browser sends its cookies for whatever page asks it to. A program that is
 * no browser sends none of these headers, and nobody's cookies.
 * @param referer where the request may have no Origin
 */
export function demandOwnOrigin(request: Request, settings: Settings, referer?: string) {
  const site = request.get('sec-fetch-site');
  const origin = request.get('origin') ?? (referer && (URL.parse(referer)?.origin ?? 'null'));
  const isOwn = origin === undefined || originsOf(request, settings).includes(origin);
  if (!isOwn || (site !== undefined && site !== 'same-origin' && site !== 'none')) {
    throw new Problem(403, 'this was asked by a page of another site');
  }
}

/** The same for a form, which a browser always sends with an Origin: a 403 without one, too. */
export function demandFormOrigin(request: Request, settings: Settings) {
  if (request.get('origin') === undefined) throw new Problem(403, 'this form was sent by no page of ours');
  demandOwnOrigin(request, settings);
}

const originsOf = (request: Request, settings: Settings) =>
  settings.publicUrl ? [new URL(settings.publicUrl).origin] : [`http://${request.get('host')}`, `https://${request.get('host')}`];
