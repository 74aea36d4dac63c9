import type { Request, Response } from 'express';
import type { Fleet } from '../../queues/process/fleet.ts';
import { LOCALES, type Locale } from '../../sql/database/locale.ts';
import { findCompany } from '../../sql/records/company.ts';
import { secretOf } from '../../workers/sign-in/tokens.ts';
import { callerOf } from '../auth/authenticate.ts';
import { formToken } from './forms.ts';
import { html } from './html.ts';
import { type SiteText, siteFormats, siteText } from './words.ts';

/** What a page of the site needs to know beside what it shows. */
export type View = Awaited<ReturnType<typeof viewOf>>;
const COOKIE = 'sf_lang';

export async function viewOf(open: { fleet: Fleet }, request: Request, response: Response) {
  const { fleet } = open;
  const { settings } = fleet;
  const { person = null } = callerOf(response);
  const now = new Date();
  const locale = localeOf(request, response, person?.locale ?? null, settings.locale);
  const secret = await secretOf(fleet.db, 'forms');
  const company = await findCompany(fleet.db);
  const token = formToken(secret, person?.sessionId ?? null, now);
  const named = typeof request.query.lang === 'string' ? { lang: locale } : {};
  const path = request.path;
  return {
    ...siteFormats(locale, settings.zone, settings.currency),
    t: (key: SiteText, params?: Record<string, string | number>) => siteText(locale, key, params),
    locale,
    zone: settings.zone,
    currency: settings.currency,
    now,
    path,
    query: request.query as Record<string, unknown>,
    person,
    secret,
    company,
    publicUrl: settings.publicUrl ?? `${request.protocol}://${request.get('host')}`,
    /** An address of the site; a language that stands in this one stays. */
    link: (to: string, params: Record<string, string | number | undefined> = {}) => addressOf(to, { ...params, ...named }),
    /** What each form of ours has in it. */
    guard: html`<input type="hidden" name="form" value="${token}">`,
  };
}

export function addressOf(path: string, params: Record<string, string | number | undefined>): string {
  const given = Object.entries(params).filter(([, value]) => value !== undefined) as [string, string | number][];
  const query = new URLSearchParams(given.map(([name, value]): [string, string] => [name, String(value)])).toString();
  return query ? `${path}?${query}` : path;
}

const isOurs = (tag: unknown): tag is Locale => LOCALES.includes(tag as Locale);

/** The language that was chosen here, else a person's own, else the browser's, else the studio's. */
function localeOf(request: Request, response: Response, own: string | null, studio: Locale): Locale {
  const { lang } = request.query;
  if (isOurs(lang)) {
    response.append('Set-Cookie', `${COOKIE}=${lang}; Path=/; Max-Age=31536000; SameSite=Lax`);
    return lang;
  }
  const [, kept] = new RegExp(`(?:^|;\\s*)${COOKIE}=(\\w+)`).exec(request.get('cookie') ?? '') ?? [];
  const browser = request.acceptsLanguages().map((tag) => tag.slice(0, 2));
  return [kept, own, ...browser].find(isOurs) ?? studio;
}
