import { globSync, readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';

/** Names that several files export for one and the same idea, and why none of them goes by another name. */
const SAME: Record<string, string> = {
  handlers: 'the handlers of a worker; each worker has its own',
  Caller: 'whoever asks: rules know name and rights, the routes also the session',
  Visit: 'where a request comes from: a session keeps less of it than a request says',
};

const files = globSync('{api,workers,queues,sql}/**/*.ts');
const EXPORTED = /^export (?:async )?(?:const|let|function\*?|class|type) (\w+)/gm;

test('an exported name has one meaning', () => {
  const places = Map.groupBy(
    files.flatMap((file) => [...readFileSync(file, 'utf8').matchAll(EXPORTED)].map(([, name]) => ({ name: String(name), file }))),
    ({ name }) => name,
  );
  expect(places.size).toBeGreaterThan(1_000);
  const several = [...places].filter(([, exported]) => new Set(exported.map(({ file }) => file)).size > 1);
  const unexplained = several.filter(([name]) => !Object.hasOwn(SAME, name));
  expect(unexplained.map(([name, exported]) => `${name}: ${exported.map(({ file }) => file).join(', ')}`)).toEqual([]);
  expect(several.map(([name]) => name).sort()).toEqual(Object.keys(SAME).sort());
});
