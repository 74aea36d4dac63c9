import { readdirSync, readFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { dirname, join, relative, sep } from 'node:path';
import { SourceTextModule } from 'node:vm';
import { expect, test } from '@jest/globals';

/** Imports go one way, from the front doors down to the database. */
const LINE = ['api', 'workers', 'queues', 'sql'];

const files = LINE.flatMap((folder) =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.(ts|vue)$/.test(file))
    .map((file) => join(folder, file).split(sep).join('/')),
);

const roomOf = (file: string) => file.split('/')[0] as string;
/** `isLater`: by `import()`, when it is needed. */
type Import = { from: string; to: string; isType: boolean; isLater: boolean };
const STATIC = /^(?:import|export)\s+(type\s)?[^'"]*?from\s+'(\.[^']+)'/gms;
const LATER = /\bimport\('(\.[^']+)'\)/g;
const pathFrom = (from: string, path: string) =>
  relative('.', join(dirname(from), path))
    .split(sep)
    .join('/');
const imports: Import[] = files.flatMap((from) => {
  const text = readFileSync(from, 'utf8');
  return [
    ...[...text.matchAll(STATIC)].map(([, type, path]) => ({ path, isType: type !== undefined, isLater: false })),
    ...[...text.matchAll(LATER)].map(([, path]) => ({ path, isType: false, isLater: true })),
  ]
    .map(({ path, ...how }) => ({ from, to: pathFrom(from, String(path)), ...how }))
    .filter(({ to }) => LINE.includes(roomOf(to)));
});

/** The circles of a graph, each as the nodes that reach each other (Tarjan). */
function circles(edges: Map<string, Set<string>>): string[][] {
  const index = new Map<string, number>();
  const low = new Map<string, number>();
  const stack: string[] = [];
  const found: string[][] = [];
  const visit = (node: string) => {
    index.set(node, index.size);
    low.set(node, index.get(node) as number);
    stack.push(node);
    for (const next of edges.get(node) ?? []) {
      if (!index.has(next)) visit(next);
      if (stack.includes(next)) low.set(node, Math.min(low.get(node) as number, low.get(next) as number));
    }
    if (low.get(node) !== index.get(node)) return;
    const component = stack.splice(stack.indexOf(node));
    if (component.length > 1) found.push(component.sort());
  };
  for (const node of edges.keys()) if (!index.has(node)) visit(node);
  return found;
}

function graph(nodeOf: (file: string) => string, chosen: Import[]) {
  const edges = new Map<string, Set<string>>();
  for (const { from, to } of chosen) {
    if (nodeOf(from) === nodeOf(to)) continue;
    if (!edges.has(nodeOf(from))) edges.set(nodeOf(from), new Set());
    edges.get(nodeOf(from))?.add(nodeOf(to));
  }
  return edges;
}

test('an import never goes up the line api, workers, queues, sql', () => {
  expect(files.length).toBeGreaterThan(300);
  expect(imports.filter(({ from, isLater }) => isLater && !from.startsWith('api/web/')).length).toBeGreaterThan(3);
  const up = imports.filter(({ from, to }) => LINE.indexOf(roomOf(to)) < LINE.indexOf(roomOf(from)));
  expect(up.map(({ from, to }) => `${from} -> ${to}`)).toEqual([]);
});

test('the pages import nothing but types from the server', () => {
  const pages = imports.filter(({ from }) => from.startsWith('api/web/'));
  expect(pages.length).toBeGreaterThan(50);
  const others = pages.filter(({ to, isType }) => !to.startsWith('api/web/') && !isType);
  expect(others.map(({ from, to }) => `${from} -> ${to}`)).toEqual([]);
  expect(imports.filter(({ from, to }) => !from.startsWith('api/web/') && to.startsWith('api/web/'))).toEqual([]);
});

test('no files import each other in a circle', () => {
  expect(
    circles(
      graph(
        (file) => file,
        imports.filter(({ isType }) => !isType),
      ),
    ),
  ).toEqual([]);
});

test('no folders import each other in a circle', () => {
  // A page opens dialogs of another module, and the Mini App its screens, by `import()`: they are loaded when they are opened.
  const chosen = imports.filter(({ from, isLater }) => !(isLater && from.startsWith('api/web/')));
  expect(circles(graph((file) => dirname(file), chosen))).toEqual([]);
});

test('circles are found where there are some', () => {
  const edges = new Map([
    ['a', new Set(['b'])],
    ['b', new Set(['c'])],
    ['c', new Set(['a', 'd'])],
  ]);
  expect(circles(edges)).toEqual([['a', 'b', 'c']]);
});

test('a module that others import never awaits while it loads: its importers would wait, too', () => {
  const imported = new Set(imports.filter(({ isType, isLater }) => !isType && !isLater).map(({ to }) => to));
  const awaits = (file: string) => {
    const module = new SourceTextModule(stripTypeScriptTypes(readFileSync(file, 'utf8'))) as { hasTopLevelAwait?: () => boolean };
    return module.hasTopLevelAwait?.();
  };
  expect(files.filter((file) => file.endsWith('.ts') && awaits(file)).length).toBeGreaterThan(5);
  expect(files.filter((file) => file.endsWith('.ts') && imported.has(file) && awaits(file))).toEqual([]);
});

test('a page that needs a whole list asks for it by allPagesOf; others show it page by page', () => {
  const cursors = files
    .filter((file) => file.startsWith('api/web/'))
    .filter((file) =>
      /next_cursor/.test(readFileSync(file, 'utf8').replaceAll('getNextPageParam: (last) => last.next_cursor', '')),
    );
  expect(cursors).toEqual(['api/web/kit/all-pages.ts']);
});
