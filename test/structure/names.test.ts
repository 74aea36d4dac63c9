import { globSync, readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';

/** Names that several files export for one and the same idea, which files, and why none of them goes by another name. */
const SAME: Record<string, { why: string; files: RegExp }> = {
  handlers: { why: 'the handlers of a worker; each worker has its own', files: /^workers\/[\w-]+\/handlers\.ts$/ },
  Caller: {
    why: 'whoever asks: rules know name and rights, the routes also the session',
    files: /^(api\/http\/caller|workers\/call-context)\.ts$/,
  },
  Visit: {
    why: 'where a request comes from: a session keeps less of it than a request says',
    files: /^(api\/http\/caller|workers\/sign-in\/sessions)\.ts$/,
  },
};

const all = globSync('{api,workers,queues,sql}/**/*.ts');
/** The pages are a program of their own: what the server calls `dayOf` they cannot import, and call it the same. */
const isOfPages = (file: string) => file.startsWith('api/web/');
const files = all.filter((file) => !isOfPages(file));
const EXPORTED = /^export (?:async )?(?:const|let|function\*?|class|type) (\w+)/gm;

const placesOf = (chosen: readonly string[]) =>
  Map.groupBy(
    chosen.flatMap((file) =>
      [...readFileSync(file, 'utf8').matchAll(EXPORTED)].map(([, name]) => ({ name: String(name), file })),
    ),
    ({ name }) => name,
  );
const severalOf = (places: ReturnType<typeof placesOf>) =>
  [...places].filter(([, exported]) => new Set(exported.map(({ file }) => file)).size > 1);

/** The Mini App is one more: it has its own few words and formats, for those of the kit would be most of what it loads. */
const isOfApp = (file: string) => file.startsWith('api/web/app/');

test.each([
  ['pages', (file: string) => isOfPages(file) && !isOfApp(file)],
  ['Mini App', isOfApp],
])('an exported name of the %s has one meaning', (_program, isOfIt) => {
  const places = placesOf(all.filter(isOfIt));
  expect(places.size).toBeGreaterThan(40);
  expect(severalOf(places).map(([name]) => name)).toEqual([]);
});

test('an exported name has one meaning', () => {
  const places = placesOf(files);
  expect(places.size).toBeGreaterThan(1_000);
  const several = severalOf(places);
  const unexplained = several.filter(([name, exported]) => !exported.every(({ file }) => SAME[name]?.files.test(file)));
  expect(unexplained.map(([name, exported]) => `${name}: ${exported.map(({ file }) => file).join(', ')}`)).toEqual([]);
  expect(several.map(([name]) => name).sort()).toEqual(Object.keys(SAME).sort());
});
