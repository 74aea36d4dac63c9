import { createHash } from 'node:crypto';
import type { Request, Response } from 'express';
import type { Settings } from '../../queues/process/settings.ts';
import { LOCALES } from '../../sql/database/locale.ts';
import { type Html, html } from './html.ts';
import { sendPacked } from './packed.ts';
import { previewTags } from './preview.ts';
import type { Preview } from './preview-picture.ts';
import type { View } from './view.ts';

export type Page = {
  title: string;
  /** For previews elsewhere, and for search. */
  description?: string;
  /** The picture for previews; by default the studio's. */
  preview?: Preview;
  main: Html;
  status?: number;
  /** May be shown in a frame of the studio's own site. */
  isEmbeddable?: boolean;
};

const NAMES = { ru: 'Русский', uk: 'Українська', en: 'English' } as const;

/** A whole page: the built shell, with its scripts and styles, around what is shown. */
export function sendSitePage(
  request: Request,
  response: Response,
  shell: string,
  view: View,
  page: Page,
  { embedOrigins }: Settings,
): Promise<void> {
  const { t, link, person, company } = view;
  const name = company?.name ?? t('studio');
  const address = new URL(view.path, view.publicUrl).href;
  const description = page.description ?? company?.description?.slice(0, 200) ?? t('book.lead');
  const head = html`<title>${page.title} · ${name}</title>
    <meta name="description" content="${description}">
    <meta property="og:type" content="website"><meta property="og:site_name" content="${name}">
    <meta property="og:title" content="${page.title}"><meta property="og:description" content="${description}">
    <meta property="og:url" content="${address}">${previewTags(view, page.preview)}`;
  const here = (to: string) => html`${view.path === to && html`aria-current="page"`}`;
  const body = html`<a class="skip" href="#main">${t('skip')}</a>
    <header><a class="brand" href="${link('/')}">${name}</a>
      <nav aria-label="${t('menu')}"><a href="${link('/')}" ${here('/')}>${t('menu.book')}</a>
        <a href="${link('/classes')}" ${here('/classes')}>${t('menu.classes')}</a>
        ${
          person
            ? html`<a href="${link('/cabinet')}" ${here('/cabinet')}>${t('cabinet')}</a><form method="post" action="${link('/leave')}" data-whole>${view.guard}<button class="plain">${t('menu.leave', { name: person.first_name })}</button></form>`
            : html`<a href="${link('/enter')}" target="_top" ${here('/enter')}>${t('menu.enter')}</a>`
        }</nav></header>
    <main id="main" tabindex="-1" data-away="${t('trouble.away')}">${page.main}</main>
    <p id="said" class="unseen" role="status"></p>
    <footer><nav aria-label="${t('languages')}">${LOCALES.map((locale) =>
      locale === view.locale
        ? html`<span lang="${locale}" aria-current="true">${NAMES[locale]}</span> `
        : html`<a lang="${locale}" hreflang="${locale}" href="${languageLink(view, locale)}" data-whole>${NAMES[locale]}</a> `,
    )}</nav><p>${company?.phone && html`<a href="tel:${company.phone}">${company.phone}</a>`}</p></footer>`;
  const text = shell
    .replace('<html lang="en">', () => `<html lang="${view.locale}">`)
    .replace('<!--head-->', () => head.text)
    .replace('<!--body-->', () => body.text);
  const framing = page.isEmbeddable && embedOrigins.length > 0 ? ["'self'", ...embedOrigins].join(' ') : "'none'";
  if (framing !== "'none'") response.removeHeader('X-Frame-Options');
  response
    .status(page.status ?? 200)
    .set({
      'Cache-Control': 'no-store',
      'Content-Security-Policy': `${policyOf(shell)}; frame-ancestors ${framing}`,
      // A form that is sent from a page without a referrer says no origin.
      'Referrer-Policy': 'same-origin',
    })
    .type('html');
  // What is of one person is not packed: from the length of a packed page a listener could find out the token of its forms.
  return sendPacked(request, response, text, person === null && request.method !== 'POST');
}

/** The same page in another language; what was posted is not asked for again. */
function languageLink(view: View, locale: string): string {
  const given = Object.entries(view.query).filter(([name, value]) => name !== 'lang' && typeof value === 'string');
  return `${view.path.replace(/(?:\/code)+$/, '')}?${new URLSearchParams([...(given as [string, string][]), ['lang', locale]])}`;
}

const policies = new Map<string, string>();

/** Nothing from another host, nothing evaluated; the styles and the script that the build put into the page are named by their hashes. */
function policyOf(shell: string): string {
  const known = policies.get(shell);
  if (known !== undefined) return known;
  const hashes = (part: RegExp) =>
    [...shell.matchAll(part)].map(([, text = '']) => ` 'sha256-${createHash('sha256').update(text).digest('base64')}'`).join('');
  const [scripts, styles] = [hashes(/<script type="module">(.*?)<\/script>/gs), hashes(/<style>(.*?)<\/style>/gs)];
  const policy = `default-src 'none'; script-src 'self'${scripts}; style-src 'self'${styles}; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'self'`;
  policies.clear();
  policies.set(shell, policy);
  return policy;
}
