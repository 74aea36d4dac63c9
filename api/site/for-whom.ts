import type { Request, Response } from 'express';
import { Refused } from '../../workers/refusal.ts';
import { type Html, html } from './html.ts';
import { askRoute, demandAllowed, type SiteParts } from './site.ts';
import type { View } from './view.ts';

type Whom = { id: number; name: string };
/** For whom something is booked: oneself or a child; `choices` is empty for whoever looks after nobody. */
export type ForWhom = { whom: Whom; isSelf: boolean; choices: readonly Whom[] };

/**
 * For whom whoever is signed in books, by the address: `for=ID`. Throws a 404 for anybody whom they do not look after, or may not ask an
 * operation for; null for whoever is not signed in.
 * @param operation what it is for, and the field of its body that names whom
 */
export async function forWhom(
  parts: SiteParts,
  view: View,
  request: Request,
  response: Response,
  operation: { name: string; field: string },
): Promise<ForWhom | null> {
  const { person } = view;
  if (!person) return null;
  const self = { id: person.id, name: person.first_name };
  const asked = request.query.for;
  if (person.children.length === 0 && asked === undefined) return { whom: self, isSelf: true, choices: [] };
  const { children } = (await askRoute(parts, request, response, { operation: 'GET /me' })).body as {
    children: readonly { id: number; first_name: string }[];
  };
  const choices = [self, ...children.map(({ id, first_name }) => ({ id, name: first_name }))];
  const whom = asked === undefined ? self : choices.find(({ id }) => String(id) === asked);
  if (!whom) throw new Refused('missing', 'nobody whom one looks after');
  const isSelf = whom.id === self.id;
  if (!isSelf) await demandAllowed(parts, response, operation.name, { [operation.field]: whom.id });
  return { whom, isSelf, choices: children.length > 0 ? choices : [] };
}

/** What an address of a page says of it. */
export const forParam = (chosen: ForWhom | null) => (chosen && !chosen.isSelf ? { for: chosen.whom.id } : {});

/** The choice, as links: what it costs, and what pays, is another thing for each. */
export function whomChips(view: View, path: string, chosen: ForWhom | null, params: Record<string, number> = {}): Html | false {
  if (!chosen || chosen.choices.length === 0) return false;
  const { t, link } = view;
  const [self] = chosen.choices;
  return html`<nav aria-labelledby="whom"><h2 id="whom">${t('whom')}</h2><ul class="chips">${chosen.choices.map((one) => html`<li><a class="chip" data-key="for-${one.id}" href="${link(path, one === self ? params : { ...params, for: one.id })}" ${one.id === chosen.whom.id && html`aria-current="true"`}>${one === self ? t('cabinet.me', { name: one.name }) : one.name}</a></li>`)}</ul></nav>`;
}
