import type { RequestHandler } from 'express';
import type { z } from 'zod';
import type { Locale } from '../../sql/database/locale.ts';
import { findCompany } from '../../sql/records/company.ts';
import { listSiteServices, listSiteSpecialists, type siteService, type siteSpecialist } from '../../sql/site/catalogue.ts';
import { pngOf } from '../../workers/notifier/pictures/svg.ts';
import { isKnown } from '../http/etag.ts';
import { Problem } from '../http/problems.ts';
import { drawnInTurn } from './drawn.ts';
import { type Html, html } from './html.ts';
import { PREVIEW_HEIGHT, PREVIEW_WIDTH, type Preview, previewDrawing, previewVersion, UNDRAWN } from './preview-picture.ts';
import type { SiteParts } from './site.ts';
import type { View } from './view.ts';
import { siteFormats, siteText } from './words.ts';

type Speaking = Pick<View, 't' | 'money' | 'currency'> & {
  company: Pick<NonNullable<View['company']>, 'name' | 'description'> | null;
};

/** A currency whose sign the font does not have goes by its code. */
const priceIn = ({ money, currency }: Speaking, minor: number) => money(minor).replace(UNDRAWN, currency);

export const previewOfService = (
  view: Speaking,
  { id, name, duration_minutes, price_minor }: z.output<typeof siteService>,
): Preview => ({
  of: `s${id}`,
  title: name,
  about: view.t('book.about', {
    minutes: duration_minutes,
    price: price_minor > 0 ? priceIn(view, price_minor) : view.t('free'),
  }),
  studio: view.company?.name ?? view.t('studio'),
});

export const previewOfPerson = (view: Speaking, { id, name, position, bio }: z.output<typeof siteSpecialist>): Preview => ({
  of: `p${id}`,
  title: name,
  about: position ?? bio ?? view.t('book.title'),
  studio: view.company?.name ?? view.t('studio'),
});

const previewOfStudio = ({ t, company }: Speaking): Preview => ({
  of: null,
  title: company?.name ?? t('studio'),
  about: company?.description ?? t('book.lead'),
  studio: t('menu.book'),
});

/** What a page says of its picture; the address changes with what is drawn, for whoever shows it keeps it. */
export function previewTags(view: View, preview: Preview = previewOfStudio(view)): Html {
  const file = [view.locale, preview.of].filter(Boolean).join('-');
  const address = new URL(`/preview/${file}.png?v=${previewVersion(preview)}`, view.publicUrl).href;
  return html`<meta property="og:image" content="${address}"><meta property="og:image:type" content="image/png">
    <meta property="og:image:width" content="${PREVIEW_WIDTH}"><meta property="og:image:height" content="${PREVIEW_HEIGHT}">
    <meta property="og:image:alt" content="${[preview.title, preview.about].join('. ').slice(0, 200)}">
    <meta name="twitter:card" content="summary_large_image">`;
}

/** So many pictures are kept, and so many are waited for at most; each is about 30 kB. */
const [MOST_KEPT, MOST_WAITING] = [100, 10];
const HOUR_SECONDS = 3_600;

/**
 * `/preview/en-s12.png`, `/preview/en-p3.png`, `/preview/en.png`: the picture of a service, a person, the studio, 1200 x 630. What it says
 * is what the database says now, whatever version is asked for. One is drawn at a time, and kept until it would be another one.
 */
export function showPreview({ open: { fleet } }: SiteParts): RequestHandler {
  const pictureOf = drawnInTurn((preview: Preview) => pngOf(previewDrawing(preview)), { kept: MOST_KEPT, waiting: MOST_WAITING });
  return async (request, response) => {
    const [, locale, kind, id] = /^(ru|uk|en)(?:-([sp])(\d{1,9}))?\.png$/.exec(String(request.params.file)) ?? [];
    if (!locale) throw new Problem(404, 'there is no such picture');
    const { zone, currency } = fleet.settings;
    const speaks = locale as Locale;
    const view: Speaking = {
      ...siteFormats(speaks, zone, currency),
      t: (key, params) => siteText(speaks, key, params),
      currency,
      company: await findCompany(fleet.db),
    };
    const isIt = (one: { id: number }) => one.id === Number(id);
    const service = kind === 's' ? (await listSiteServices(fleet.db)).find(isIt) : undefined;
    const person = kind === 'p' ? (await listSiteSpecialists(fleet.db)).find(isIt) : undefined;
    if (kind && !service && !person) throw new Problem(404, 'there is no such picture');
    const preview = service ? previewOfService(view, service) : person ? previewOfPerson(view, person) : previewOfStudio(view);
    const version = previewVersion(preview);
    const etag = `"${version}"`;
    response.set({
      'Cache-Control': `public, max-age=${HOUR_SECONDS}`,
      ETag: etag,
      // Whoever shows a preview is another site.
      'Cross-Origin-Resource-Policy': 'cross-origin',
    });
    if (isKnown(request, etag)) return void response.status(304).end();
    const png = await pictureOf(`${locale} ${preview.of}`, version, preview);
    response.type('png').send(png);
  };
}
