import type { Request, Response } from 'express';
import { Refused } from '../../workers/refusal.ts';
import type { Person } from '../http/caller.ts';
import { type Html, html } from './html.ts';
import type { Page } from './page.ts';
import { askRoute, refusalFrom, type SiteAnswer, type SiteHandler, type SiteParts } from './site.ts';
import type { View } from './view.ts';

type Relative = { id: number; first_name: string; last_name: string };
type Asked = { params?: object; query?: object; body?: object; once?: string };

/** What each page of the cabinet stands on: who looks, at whose things, and the routes of the API asked in their name. */
export type Cabinet = {
  parts: SiteParts;
  view: View;
  request: Request;
  response: Response;
  person: Person;
  /** Whose visits are shown: one's own, or those of a child one looks after. */
  of: { id: number; name: string; isSelf: boolean };
  children: readonly Relative[];
  /** Asks a route as whoever looks; what is another's is a 404. */
  ask<T>(operation: string, asked?: Asked): Promise<T>;
  /** The same; null where there is nothing of that kind. */
  askMaybe<T>(operation: string, asked?: Asked): Promise<T | null>;
  /** An address of the cabinet that stays with the same child. */
  to(path: string, params?: Record<string, string | number | undefined>): string;
};

/** A page for whoever is signed in; anybody else signs in first and comes back. */
export const inCabinet =
  (handler: (cabinet: Cabinet) => Promise<SiteAnswer>): SiteHandler =>
  async (parts, view, request, response) => {
    const { person } = view;
    if (!person) return { to: view.link('/enter', { next: request.method === 'GET' ? request.path : '/cabinet' }) };
    // Whoever must show a second factor does so where it is set up.
    if (person.isLimited) return { to: '/console' };
    const ask = async <T>(operation: string, asked: Asked = {}) =>
      (await askRoute(parts, request, response, { operation, ...asked })).body as T;
    const { children } = await ask<{ children: readonly Relative[] }>('GET /me');
    const of = whose(person, children, request.query.of);
    return handler({
      parts,
      view,
      request,
      response,
      person,
      of,
      children,
      ask,
      askMaybe: <T>(operation: string, asked?: Asked) =>
        ask<T>(operation, asked).catch((error) => {
          if (refusalFrom(error).status === 404) return null;
          throw error;
        }),
      to: (path, params = {}) => view.link(path, { ...params, of: of.isSelf ? undefined : of.id }),
    });
  };

function whose(person: Person, children: readonly Relative[], asked: unknown): Cabinet['of'] {
  if (asked === undefined || asked === String(person.id)) return { id: person.id, name: person.first_name, isSelf: true };
  const child = children.find(({ id }) => String(id) === asked);
  if (!child) throw new Refused('missing', 'nobody whom one looks after');
  return { id: child.id, name: child.first_name, isSelf: false };
}

/** An id from an address. Throws a 404 for what is none. */
export function idFrom({ request }: Cabinet): number {
  const text = String(request.params.id);
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new Refused('missing', 'no id');
  return Number(text);
}

const TABS = [
  ['/cabinet', 'cabinet.ahead'],
  ['/cabinet/visits', 'cabinet.visits'],
  ['/cabinet/buy', 'cabinet.buy'],
  ['/cabinet/money', 'cabinet.money'],
  ['/cabinet/settings', 'cabinet.settings'],
] as const;

/** The frame of the cabinet: where one is, whose things these are, and the page. */
export function cabinetPage(cabinet: Cabinet, page: { title: string; main: Html; trouble?: string; status?: number }): Page {
  const { view, of, children, person, to } = cabinet;
  const { t, path } = view;
  const who = [{ id: person.id, first_name: person.first_name }, ...children];
  return {
    title: page.title,
    status: page.status,
    main: html`<nav class="tabs" aria-label="${t('cabinet')}">${TABS.map(([place, words]) => html`<a href="${to(place)}" ${path === place && html`aria-current="page"`}>${t(words)}</a>`)}</nav>
      ${children.length > 0 && html`<nav aria-label="${t('cabinet.who')}"><ul class="chips">${who.map(({ id, first_name }) => html`<li><a class="chip" data-key="of-${id}" href="${view.link(TABS.some(([place]) => place === path) ? path : '/cabinet', { of: id === person.id ? undefined : id })}" ${id === of.id && html`aria-current="true"`}>${id === person.id ? t('cabinet.me', { name: first_name }) : first_name}</a></li>`)}</ul></nav>`}
      <h1>${page.title}</h1>
      ${page.trouble && html`<p role="alert" class="trouble">${page.trouble}</p>`}
      ${page.main}`,
  };
}

/** A form of one button. */
export const pressForm = ({ view }: Cabinet, action: string, words: string, { look = 'second', more = html`` } = {}): Html =>
  html`<form method="post" action="${action}" class="narrow">${view.guard}${more}<button class="${look}">${words}</button></form>`;
