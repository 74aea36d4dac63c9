import { Refused } from '../../workers/refusal.ts';
import { typedOf } from './contact-form.ts';
import { enterPage } from './enter-page.ts';
import { askForCode, codeStepOf, showCode, waysToCode } from './register.ts';
import { askRoute, refusalFrom, type SiteHandler, type SiteParts } from './site.ts';

/** Only to a page of the site that is worth coming back to: a link must not lead elsewhere. */
const nextOf = (text: unknown) =>
  typeof text === 'string' && /^\/(?:(?:book|booked|visit|classes)\/[\w-]+|cabinet(?:\/[\w-]+)*)$/.test(text) ? text : undefined;

/** `GET /enter` */
export const showEnter: SiteHandler = async (parts, view, request) => {
  const next = nextOf(request.query.next);
  return view.person ? { to: view.link(next ?? '/') } : enterPage(view, { next, ...(await waysIn(parts)) });
};

/** `POST /enter`: signs in and goes on where one came from. */
export const enter: SiteHandler = async (parts, view, request, response) => {
  const { login, password, code } = Object.fromEntries(
    ['login', 'password', 'code'].map((name) => [name, String(request.body[name] ?? '').trim()]),
  ) as Record<string, string>;
  const next = nextOf(request.query.next);
  try {
    const body = { login, password: String(request.body.password ?? ''), ...(code ? { code } : {}) };
    const { headers } = await askRoute(parts, request, response, { operation: 'POST /auth/sign-in', body });
    response.append('Set-Cookie', [headers?.['Set-Cookie'] ?? []].flat());
    return { to: view.link(next ?? '/') };
  } catch (error) {
    const { status, needsCode } = { ...refusalFrom(error), needsCode: isAskedForCode(error) };
    const trouble = view.t(needsCode ? 'trouble.second' : status === 429 ? 'trouble.many' : 'trouble.password');
    return enterPage(view, {
      ...(await waysIn(parts)),
      next,
      login,
      needsCode: needsCode || Boolean(code),
      trouble,
      status: password ? status : 422,
    });
  }
};

const isAskedForCode = (error: unknown) => error instanceof Refused && error.fields.code_required === true;

/** How one comes in without a password. */
async function waysIn(parts: SiteParts) {
  const { telegramOidc, publicUrl } = parts.open.fleet.settings;
  return { byTelegram: Boolean(telegramOidc && publicUrl), by: await waysToCode(parts) };
}

/** `POST /enter/code`: a code goes to whoever typed this. */
export const enterByCode: SiteHandler = async (parts, view, request, response) => {
  const next = nextOf(request.query.next);
  const typed = typedOf(request.body);
  const ways = await waysIn(parts);
  if (request.body.back) return enterPage(view, { ...ways, next, typed });
  const answer = await askForCode(parts, view, request, response);
  if (!('code' in answer)) return enterPage(view, { ...ways, next, typed, ...answer });
  return enterPage(view, { ...ways, next, code: answer.code });
};

/** `POST /enter/code/code`: whoever shows the code is signed in, and goes on where they came from. */
export const confirmAndEnter: SiteHandler = async (parts, view, request, response) => {
  const next = nextOf(request.query.next);
  const code = codeStepOf(request);
  const shown = await showCode(parts, view, request, response);
  if ('personId' in shown) return { to: view.link(next ?? '/cabinet') };
  const ways = { ...(await waysIn(parts)), next };
  const status = shown.status === 404 ? 410 : shown.status;
  if (shown.isOver) return enterPage(view, { ...ways, typed: code.typed, trouble: shown.trouble, status });
  return enterPage(view, { ...ways, code: { ...code, wrong: shown.wrong }, trouble: shown.trouble, status });
};

/** `POST /leave`: signs out. */
export const leave: SiteHandler = async (parts, view, request, response) => {
  const { headers } = await askRoute(parts, request, response, { operation: 'POST /auth/sign-out' });
  response.append('Set-Cookie', [headers?.['Set-Cookie'] ?? []].flat());
  return { to: view.link('/') };
};
