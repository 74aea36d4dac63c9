import { findRoles } from '../../sql/auth/roles.ts';
import { lookAtLink } from '../../workers/sign-in/links.ts';
import { field } from './contact-form.ts';
import { html } from './html.ts';
import { askRoute, refusalFrom, type SiteAnswer, type SiteHandler, type SiteParts } from './site.ts';
import type { View } from './view.ts';

const TOKEN = /^[\w-]{20,200}$/;

/** A link of a client, or null: staff join in the console, which also says what is wrong with a link that is not valid. */
async function clientsLink({ open: { fleet } }: SiteParts, view: View, token: string) {
  const link = TOKEN.test(token) ? await lookAtLink(fleet.db, token, view.now) : null;
  if (!link) return null;
  const roles = [...(link.role ? [link.role] : []), ...(link.user_id === null ? [] : await findRoles(fleet.db, link.user_id))];
  return roles.every((role) => role === 'client') && (link.role !== null || link.user_id !== null) ? link : null;
}

/** `GET /join`: what is left to do is a password. */
export const showJoin: SiteHandler = async (parts, view, request) => {
  const token = String(request.query.token ?? '');
  const link = await clientsLink(parts, view, token);
  if (!link) return { to: `/console/join${request.url.slice(request.path.length)}`, status: 302 };
  return joinPage(view, token, link.login);
};

function joinPage(view: View, token: string, login: string | null, trouble?: string, status?: number): SiteAnswer {
  const { t, link, guard } = view;
  return {
    title: t('join.title'),
    status,
    main: html`<h1>${t('join.title')}</h1><p>${t('join.lead')}</p>${trouble && html`<p role="alert" class="trouble">${trouble}</p>`}
      <form method="post" action="${link('/join')}" class="narrow">${guard}<input type="hidden" name="token" value="${token}">
      ${login && html`<input type="hidden" name="login" value="${login}" autocomplete="username">`}
      ${field({ name: 'password', label: t('join.password'), hint: t('join.hint'), attributes: html`type="password" autocomplete="new-password" required minlength="8" maxlength="200"` })}
      <button class="main">${t('join.button')}</button></form>`,
  };
}

/** `POST /join`: sets the password, signs in and opens the cabinet. */
export const joinHere: SiteHandler = async (parts, view, request, response) => {
  const token = String(request.body.token ?? '');
  const link = await clientsLink(parts, view, token);
  if (!link) return joinPage(view, '', null, view.t('join.gone'), 404);
  try {
    const body = { token, password: String(request.body.password ?? '') };
    const { headers } = await askRoute(parts, request, response, { operation: 'POST /auth/join', body });
    response.append('Set-Cookie', [headers?.['Set-Cookie'] ?? []].flat());
    return { to: view.link('/cabinet') };
  } catch (error) {
    const { status } = refusalFrom(error);
    if (status === 404) return joinPage(view, '', null, view.t('join.gone'), 404);
    if (status !== 422) throw error;
    return joinPage(view, token, link.login, view.t('join.weak'), 422);
  }
};
