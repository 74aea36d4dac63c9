import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import express, { type Request, type RequestHandler, type Response, type Router } from 'express';
import sirv from 'sirv';
import type { Settings } from '../../queues/process/settings.ts';
import { webBuilds, webFolder } from '../../queues/process/web-builds.ts';
import { visitOf } from '../auth/visit.ts';
import { onlyBy } from '../http/only-by.ts';
import { Problem } from '../http/problems.ts';

/** The list of builds is read again when it is this old: a new build is served without a reload. */
const FRESH_MS = 1_000;
const YEAR_SECONDS = 31_536_000;

/**
 * The pages people look at, from the builds in the data folder. HTML says `no-cache` and has its own content security policy; assets are
 * named by what is in them, so they may be kept forever, and those of the build before are served to pages that are still open.
 */
export function pages(settings: Settings): Router {
  const router = express.Router();
  const builds = servedBuilds(settings);
  router.get(['/console', '/console/{*path}', '/app'], (request, response, next) => {
    if (/\.\w+$/.test(request.path)) return next();
    const entry = request.path.startsWith('/app') ? 'app' : 'console';
    const [newest] = builds();
    if (newest) sendPage(request, response, newest.page(entry), settings, FRAMED_BY[entry]);
    else response.status(503).type('html').send(NOT_BUILT);
  });
  router.use('/assets', (request, response, next) => {
    const [first, second] = builds();
    const missing = () =>
      next(new Problem(404, 'there is no such asset: its page is older than the last two builds; load it again'));
    if (request.method !== 'GET' && request.method !== 'HEAD') return next();
    const fromOlder = second ? () => second.assets(request, response, missing) : missing;
    if (first) first.assets(request, response, fromOlder);
    else missing();
  });
  router.all(['/console', '/console/{*path}', '/app', '/assets/{*path}'], onlyBy('GET'));
  return router;
}

/** The page of an entry as it was built last; null before there is one. */
export function builtPage(settings: Settings, entry: string): () => string | null {
  const builds = servedBuilds(settings);
  return () => builds()[0]?.page(entry) ?? null;
}

type Build = { name: string; page(entry: string): string; assets: RequestHandler };

function servedBuilds({ dataDir }: Settings): () => readonly Build[] {
  let known: readonly Build[] = [];
  let readAt = Number.NEGATIVE_INFINITY;
  return () => {
    if (performance.now() - readAt < FRESH_MS) return known;
    readAt = performance.now();
    known = webBuilds(dataDir).map(
      (name) => known.find((build) => build.name === name) ?? open(join(webFolder(dataDir), name), name),
    );
    return known;
  };
}

function open(folder: string, name: string): Build {
  const texts = new Map<string, string>();
  return {
    name,
    page(entry) {
      const text = texts.get(entry) ?? readFileSync(join(folder, entry, 'index.html'), 'utf8');
      texts.set(entry, text);
      return text;
    },
    assets: sirv(join(folder, 'assets'), {
      brotli: true,
      gzip: true,
      immutable: true,
      maxAge: YEAR_SECONDS,
      etag: true,
    }) as RequestHandler,
  };
}

/** A page with what it must know of the studio, which takes no second request, and the nonce that its own style sheet needs. */
function sendPage(
  request: Request,
  response: Response,
  page: string,
  { zone, locale, currency, telegramOidc, publicUrl }: Settings,
  framedBy: string,
) {
  if (framedBy !== NOBODY) response.removeHeader('X-Frame-Options');
  const nonce = randomBytes(18).toString('base64');
  const studio = JSON.stringify({
    zone,
    locale,
    currency,
    telegram: Boolean(telegramOidc && publicUrl),
    nonce,
    hasSession: visitOf(request).token !== null,
  }).replaceAll('<', '\\u003c');
  response
    .set({ 'Cache-Control': 'no-cache', 'Content-Security-Policy': policyWith(nonce, framedBy) })
    .type('html')
    .send(page.replace('{"studio":true}', () => studio));
}

const NOBODY = "'none'";
/** The console is shown in no frame, the Mini App in Telegram's own web pages. */
const FRAMED_BY = { console: NOBODY, app: 'https://web.telegram.org' };

/** Nothing from another host, nothing evaluated. Vuetify's colours are one style element; components set styles by script. */
const policyWith = (nonce: string, framedBy: string) =>
  [
    "default-src 'none'",
    "script-src 'self'",
    `style-src 'self' 'nonce-${nonce}'`,
    "img-src 'self' data:",
    "font-src 'self'",
    "connect-src 'self'",
    "manifest-src 'self'",
    "base-uri 'none'",
    "form-action 'self'",
    `frame-ancestors ${framedBy}`,
  ].join(';');

const NOT_BUILT = `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Studio Fleet</title></head><body>
<h1>The console is not built yet</h1><p>"npm start" builds it and says so where that fails. The API works without it.</p></body></html>`;
