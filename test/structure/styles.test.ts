import { globSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { expect, test } from '@jest/globals';

const read = (path: string) => readFileSync(path, 'utf8');
const shared = read('api/web/console/console.css') + read(createRequire(import.meta.url).resolve('vuetify/dist/vuetify.css'));
const styles = (css: string, name: string) => new RegExp(`\\.${name.replace(/[^\w-]/g, '\\$&')}(?![\\w-])`).test(css);

/** Classes of a component's template that neither its own style knows nor the console's nor Vuetify's. */
function unstyled(source: string): string[] {
  const [template = '', own = ''] = source.split('<style');
  const named = [...template.matchAll(/(?<![:\w-])class="([^"]+)"/g)].flatMap(([, names = '']) => names.split(/\s+/));
  return named.filter((name) => name !== '' && !styles(own, name) && !styles(shared, name));
}

test('a class in the console’s pages is one that a style knows', () => {
  const files = globSync('api/web/console/**/*.vue');
  expect(files.length).toBeGreaterThan(50);
  expect(files.flatMap((file) => unstyled(read(file)).map((name) => `${file}: ${name}`))).toEqual([]);
});

test('one that was renamed elsewhere is found', () => {
  expect(unstyled('<ul class="ruled renamed-long-ago"></ul><style scoped>.mine {}</style>')).toEqual(['renamed-long-ago']);
});

test('no page lets Vuetify put the cursor somewhere late: it takes it from whoever types already', () => {
  const files = globSync('api/web/**/*.vue');
  expect(files.filter((file) => /\sautofocus[\s/>=]/.test(read(file)))).toEqual([]);
});
