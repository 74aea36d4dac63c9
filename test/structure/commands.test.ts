import { globSync, readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';

const scripts = Object.keys(JSON.parse(readFileSync('package.json', 'utf8')).scripts);
const ROOMS = '{api,queues,sql,test,workers}/**/*.{ts,cjs,vue,md,json,sql,yml,sh,css}';
const said = [...globSync(ROOMS), 'README.md', 'CHANGELOG.md', 'ecosystem.config.js', 'package.json'].flatMap((file) =>
  [...readFileSync(file, 'utf8').matchAll(/\bnpm run (?:-s )?([a-z][a-z:-]*)/g)].map(([, command]) => ({
    file,
    command: String(command),
  })),
);

test('every command that is named anywhere is there', () => {
  expect(said.length).toBeGreaterThan(100);
  expect(said.filter(({ command }) => !scripts.includes(command))).toEqual([]);
});
