import { globSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync } from 'node:zlib';

/** What is loaded at first, by whom: the page, the parts that come at once, the most that it may be, in bytes packed by brotli. */
export const FIRST_LOADS = [
  { who: 'console, with its board and one language', page: 'console', parts: ['BoardPage', 'first-ru'], most: 250_000 },
  { who: 'site', page: 'site', parts: [], most: 60_000 },
  { who: 'Mini App of a client, with one language', page: 'app', parts: ['client-screens', 'ru'], most: 60_000 },
  { who: 'Mini App of a trainer, with one language', page: 'app', parts: ['trainer-screens', 'ru'], most: 60_000 },
  {
    who: 'Mini App of an admin, with one language',
    page: 'app',
    parts: ['trainer-screens', 'admin-screens', 'ru'],
    most: 60_000,
  },
] as const;
export type FirstLoad = (typeof FIRST_LOADS)[number];

/** Bytes of JavaScript, packed by brotli, that somebody loads at first of a build: what the page names, what that imports, and its parts. */
export function firstLoadOf(build: string, { page, parts }: Pick<FirstLoad, 'page' | 'parts'>): number {
  const assets = join(build, 'assets');
  const every = readdirSync(assets).filter((file) => file.endsWith('.js'));
  const sizeOf = (file: string) => statSync(join(assets, `${file}.br`), { throwIfNoEntry: false })?.size ?? 0;
  /** The console and the Mini App each have a `ru`; the smaller one is the Mini App's. */
  const fileOf = (part: string) => {
    const found = every.filter((file) => new RegExp(`^${part}-[\\w-]{8}\\.js$`).test(file));
    if (found.length === 0) throw new Error(`the build has no ${part}`);
    return String(found.toSorted((a, b) => sizeOf(a) - sizeOf(b))[0]);
  };
  const [folder] = globSync(`**/${page}/index.html`, { cwd: build });
  const html = readFileSync(join(build, String(folder)), 'utf8');
  const waiting = [...[...html.matchAll(/assets\/([\w-]+\.js)/g)].map(([, file]) => String(file)), ...parts.map(fileOf)];
  const loaded = new Set<string>();
  for (let file = waiting.pop(); file; file = waiting.pop()) {
    if (loaded.has(file)) continue;
    loaded.add(file);
    const text = readFileSync(join(assets, file), 'utf8');
    for (const [, name] of text.matchAll(/(?:from|import)\s*["'`]\.\/([\w.-]+\.js)["'`]/g)) waiting.push(String(name));
  }
  const inside = [...html.matchAll(/<script type="module">(.*?)<\/script>/gs)].map(([, script]) =>
    brotliCompressSync(String(script)),
  );
  return [...loaded].reduce((sum, file) => sum + sizeOf(file), 0) + inside.reduce((sum, { length }) => sum + length, 0);
}
