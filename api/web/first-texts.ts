import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** What somebody opens first: the frame, the board, and signing in. Other pages are what a `routes.ts` leads to. */
const FIRST = ['console/main.ts', 'console/modules/board/BoardPage.vue', 'console/modules/sign-in/*.vue'];
const FORM = /_(?:zero|one|few|many|other)$/;

/** Of all texts, by their keys, those that what is opened first may say. Every other page waits for the rest. */
export function firstKeys(root: string, keys: readonly string[]): Set<string> {
  const sources = sourcesFrom(
    root,
    FIRST.flatMap((pattern) => globSync(pattern, { cwd: root })),
  );
  const all = sources.join('\n');
  const named = new Set([...all.matchAll(/['"`]([\w.]+)['"`]/g)].map(([, key]) => key));
  // Of a key that is made at run time all that begin so.
  const begun = [...all.matchAll(/`([\w.]+\.)\$\{/g)].map(([, begin]) => String(begin));
  return new Set(
    keys.filter((key) => named.has(key) || named.has(key.replace(FORM, '')) || begun.some((begin) => key.startsWith(begin))),
  );
}

/** The sources of these files and of all that they import from here, but the pages of routes. */
function sourcesFrom(root: string, files: readonly string[]): string[] {
  const seen = new Map<string, string>();
  const waiting = files.map((file) => join(root, file));
  for (let file = waiting.pop(); file; file = waiting.pop()) {
    if (seen.has(file) || !existsSync(file)) continue;
    const source = readFileSync(file, 'utf8');
    seen.set(file, source);
    const later = file.endsWith('routes.ts') ? /(?!)/g : /import\(\s*'(\.[^']+\.(?:vue|ts))'/g;
    for (const pattern of [/(?:from|import) '(\.[^']+\.(?:vue|ts))'/g, later])
      for (const [, path] of source.matchAll(pattern)) waiting.push(join(dirname(file), String(path)));
  }
  return [...seen.values()];
}
