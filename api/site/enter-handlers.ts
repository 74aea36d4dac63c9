import { Refused } from '../../workers/refusal.ts';
import type { SiteHandler } from './book-handlers.ts';
import { enterPage } from './enter-page.ts';
import { askRoute, refusalFrom } from './site.ts';

/** Only to a page of the site: a link must not lead elsewhere. */
const nextOf = (text: unknown) => (typeof text === 'string' && /^\/(?:book|booked|classes)\/[\w-]+$/.test(text) ? text : '/');

/** `GET /enter` */
export const showEnter: SiteHandler = async (_parts, view, request) => {
  const next = nextOf(request.query.next);
  return view.person ? { to: view.link(next) } : enterPage(view, { next });
};

/** `POST /enter`: signs in and goes on where one came from. */
export const enter: SiteHandler = async (parts, view, request, response) => {
  const { login, password, code } = Object.fromEntries(
    ['login', 'password', 'code'].map((name) => [name, String(request.body[name] ?? '').trim()]),
  ) as Record<string, string>;
  const next = nextOf(request.body.next);
  try {
    const body = { login, password: String(request.body.password ?? ''), ...(code ? { code } : {}) };
    const { headers } = await askRoute(parts, request, response, { operation: 'POST /auth/sign-in', body });
    response.append('Set-Cookie', [headers?.['Set-Cookie'] ?? []].flat());
    return { to: view.link(next) };
  } catch (error) {
    const { status, needsCode } = { ...refusalFrom(error), needsCode: isAskedForCode(error) };
    const trouble = view.t(needsCode ? 'trouble.second' : status === 429 ? 'trouble.many' : 'trouble.password');
    return enterPage(view, { next, login, needsCode: needsCode || Boolean(code), trouble, status: password ? status : 422 });
  }
};

const isAskedForCode = (error: unknown) => error instanceof Refused && error.fields.code_required === true;

/** `POST /leave`: signs out. */
export const leave: SiteHandler = async (parts, view, request, response) => {
  const { headers } = await askRoute(parts, request, response, { operation: 'POST /auth/sign-out' });
  response.append('Set-Cookie', [headers?.['Set-Cookie'] ?? []].flat());
  return { to: view.link('/') };
};
