import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from '@jest/globals';
import { type BrowserContextOptions, chromium, type Frame, type Page } from 'playwright-core';
import type { Backend } from '../../queues/backend/backend.ts';
import { webBuilds } from '../../queues/process/web-builds.ts';
import { dayOf } from '../../queues/time/calendar.ts';
import { loadDemo } from '../../sql/demo/demo.ts';
import { buildWeb } from '../../workers/fleet/web-build.ts';
import { redisUrl, testBackend } from '../support/backends.ts';
import { eventually } from '../support/eventually.ts';
import { PATIENT, testApi } from '../support/front-door.ts';

/** Tests in a browser; where there is none they are skipped, and the set-up has said so loudly. */
export const inBrowser = process.env.TEST_CHROMIUM ? test : test.skip;
export type Locale = 'ru' | 'uk' | 'en';
export const LOCALES: readonly Locale[] = ['ru', 'uk', 'en'];

/** The pages, built once in a test run: the first test file that needs them builds them, others wait. Returns the data folder. */
export async function builtPages(): Promise<string> {
  const dataDir = join(tmpdir(), 'web-pages');
  mkdirSync(dataDir, { recursive: true });
  const said: string[] = [];
  try {
    mkdirSync(join(dataDir, 'building'));
  } catch {
    await eventually(() => webBuilds(dataDir).length > 0, 120);
    return dataDir;
  }
  if (!(await buildWeb(dataDir, (line) => said.push(line)))) throw new Error(said.join('\n'));
  return dataDir;
}

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];
const FLAGS = [
  '--no-sandbox',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** The demo studio, or an empty one, behind a real API, and a browser to look at it. `forLife`: the clock is the test's. `backend`: what its queues are in. Close it when the file's tests are over. */
export async function consoleWorld(
  settings: Record<string, string> = {},
  { isEmpty = false, args = [] as string[], forLife = false, backend = 'postgres' as Backend['kind'] } = {},
) {
  const own = { FLEET_DATA_DIR: await builtPages(), ...(backend === 'redis' ? { REDIS_URL: redisUrl() } : {}) };
  const queues = (databaseUrl: string) => testBackend(backend, databaseUrl);
  const api = await testApi({ settings: { ...own, ...settings }, backend: queues, limits: PATIENT, forLife });
  if (!isEmpty) await loadDemo(api.db, { today: dayOf(new Date(), api.fleet.settings.zone) });
  const browser = await chromium.launch({ executablePath: process.env.TEST_CHROMIUM, args: [...FLAGS, ...args] });
  const troubles: string[] = [];

  /** A browser of its own, with nobody signed in, or whoever's session this is. What its console complains of is kept in `troubles`. */
  async function visit({ token, locale = 'en', ...options }: { token?: string; locale?: Locale } & BrowserContextOptions = {}) {
    const context = await browser.newContext({ baseURL: api.url, locale, reducedMotion: 'reduce', ...options });
    if (token) await context.addCookies([{ name: 'sf_session', value: token, url: api.url }]);
    await context.addInitScript((value) => localStorage.setItem('console.locale', value), locale);
    const page = await context.newPage();
    page.on('console', (message) => message.type() === 'error' && troubles.push(`${page.url()}: ${message.text()}`));
    page.on('pageerror', (error) => troubles.push(`${page.url()}: ${error.message}`));
    page.setDefaultTimeout(60_000);
    return page;
  }

  return {
    api,
    visit,
    /** Complaints since they were asked for last. */
    complaints: () => troubles.splice(0),
    async close() {
      await browser.close();
      await api.close();
    },
  };
}
export type ConsoleWorld = Awaited<ReturnType<typeof consoleWorld>>;

/** What WCAG 2.2 AA finds wrong with a page as it is, a line each. */
export async function violations(page: Page | Frame): Promise<string[]> {
  await page.evaluate(`${axe};0`);
  return page.evaluate(async (rules) => {
    const engine = (globalThis as unknown as { axe: { run(root: unknown, options: object): Promise<AxeResult> } }).axe;
    const found = await engine.run(document, { runOnly: rules });
    return found.violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 160)).join(' | ')}`);
  }, RULES);
}

/**
 * Texts that reach beyond an element that hides what does not fit: a line each. What scrolls is not cut, nor what is there for readers
 * alone; of what has a title, the whole is shown to whoever points at it, and it stands elsewhere for everybody else.
 */
export const cutTexts = (page: Page | Frame) =>
  page.evaluate<string[]>(`(() => {
    const found = [], range = document.createRange(), walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let text = walk.nextNode(); text; text = walk.nextNode()) {
      if (!text.data.trim() || !text.parentElement.checkVisibility({ visibilityProperty: true, opacityProperty: true })) continue;
      if (text.parentElement.closest('[title], script, style, noscript')) continue;
      range.selectNodeContents(text);
      const { left, right, width } = range.getBoundingClientRect();
      if (width === 0) continue;
      for (let box = text.parentElement; box && box !== document.body; box = box.parentElement) {
        const { overflowX, position, clipPath } = getComputedStyle(box), at = box.getBoundingClientRect();
        if (clipPath !== 'none' || /auto|scroll/.test(overflowX) || at.width < 2 || at.height < 2) break;
        if (/hidden|clip/.test(overflowX) && (left < at.left - 1 || right > at.right + 1)) {
          found.push('cut: ' + text.data.trim().slice(0, 60) + ' in ' + box.cloneNode().outerHTML.slice(0, 120));
          break;
        }
        if (position === 'fixed') break;
      }
    }
    return found;
  })()`);

/**
 * What is to be touched and is smaller than 44 px either way, a line each. Links within a line of text are as high as it, of a field of
 * Vuetify all of it is touched, and what is off the screen's edge waits for a key.
 */
export const smallTargets = (page: Page | Frame) =>
  page.evaluate<
    string[]
  >(`[...document.querySelectorAll('button, a[href], input, select, textarea, summary, [role=button], [role=tab], [role=option]')]
    .filter((one) => one.checkVisibility({ visibilityProperty: true, opacityProperty: true }) && !one.closest('[aria-hidden=true]') && one.type !== 'hidden')
    .map((one) => one.matches('[type=checkbox], [type=radio]') ? (one.labels?.[0] ?? one) : (one.closest('.v-field') ?? one))
    .filter((one) => !(one.localName === 'a' && getComputedStyle(one).display === 'inline'))
    .filter((one) => getComputedStyle(one).clipPath === 'none')
    .map((one) => [one, one.getBoundingClientRect()])
    .filter(([, { width, height, right }]) => width > 1 && height > 1 && right > 0 && (width < 43.5 || height < 43.5))
    .map(([one, { width, height }]) => Math.round(width) + 'x' + Math.round(height) + ': ' + one.outerHTML.slice(0, 120))`);
type AxeResult = { violations: { id: string; nodes: { html: string }[] }[] };
declare const document: { documentElement: { scrollWidth: number; clientWidth: number } };
declare const localStorage: { setItem(name: string, value: string): void };

/** By how many pixels a page is wider than its window. */
export const tooWide = (page: Page | Frame) =>
  page.evaluate(() => Math.max(0, document.documentElement.scrollWidth - document.documentElement.clientWidth));
