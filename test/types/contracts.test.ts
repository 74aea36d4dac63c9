import { expect, test } from '@jest/globals';
import { compileErrors } from './compile.ts';

const ROUTE = `
import { z } from 'zod';
import { route } from '#root/api/http/route.ts';
const answer = z.object({ id: z.int(), name: z.string(), note: z.string().optional() });
const contract = { method: 'get', path: '/x', summary: 'x', tag: 'x', scope: 'records:read', responses: { 200: answer, 201: answer } } as const;
`;
const NAMES = `
import { runs, type RunName } from '#root/queues/jobs/catalog.ts';
import { demandScope } from '#root/workers/rights.ts';
import type { Scope } from '#root/queues/jobs/scopes.ts';
import type { Handlers } from '#root/workers/runner/run.ts';
declare const handler: NonNullable<NonNullable<Handlers['runs']>['daily']>;
declare const caller: Parameters<typeof demandScope>[0];
`;

/** What compiles, so that what does not is refused for its one mistake. */
const right: Record<string, string> = {
  'an answer of the contract': `${ROUTE} route({ ...contract, handle: async () => ({ body: { id: 1, name: 'a' } }) });`,
  'an answer with its status': `${ROUTE} route({ ...contract, handle: async () => ({ status: 201, body: { id: 1, name: 'a' } }) });`,
  'rows that are read-only': `${ROUTE} route({ ...contract, responses: { 200: z.array(answer) }, handle: async () => ({ body: [] as readonly { id: number; name: string }[] }) });`,
  'several scopes': `${ROUTE} route({ ...contract, scope: ['records:read', 'money:read'], handle: async () => ({ body: { id: 1, name: 'a' } }) });`,
  'the name of a process': `${NAMES} export const name: RunName = 'auto_renewal'; export const run = runs[name]; export const scope: Scope = 'run:auto_renewal';`,
  'the handler of a process': `${NAMES} export const handlers: Handlers = { runs: { auto_renewal: handler } };`,
  'a scope that is demanded': `${NAMES} demandScope(caller, 'money:write'); demandScope(caller, ['money:read', 'rights:write']);`,
};

/** What does not, and what the compiler says of it. */
const wrong: Record<string, [source: string, says: RegExp]> = {
  'a misspelt scope of a route': [
    `${ROUTE} route({ ...contract, scope: 'record:read', handle: async () => ({ body: { id: 1, name: 'a' } }) });`,
    /"record:read"' is not assignable/,
  ],
  'a misspelt scope among several': [
    `${ROUTE} route({ ...contract, scope: ['records:read', 'money:red'], handle: async () => ({ body: { id: 1, name: 'a' } }) });`,
    /"money:red"' is not assignable/,
  ],
  'a misspelt scope that is demanded': [`${NAMES} demandScope(caller, 'money:wirte');`, /"money:wirte"' is not assignable/],
  'a misspelt scope of a process': [`${NAMES} export const scope: Scope = 'run:renewal';`, /"run:renewal"' is not assignable/],
  'a misspelt scope of a caller': [
    `${NAMES} export const key: typeof caller = { name: 'a', scopes: ['history:reed'] };`,
    /"history:reed"' is not assignable/,
  ],
  'a misspelt field of an answer': [
    `${ROUTE} route({ ...contract, handle: async () => ({ body: { id: 1, nmae: 'a' } }) });`,
    /nmae|'name' is missing/,
  ],
  'a field of an answer that is left out': [
    `${ROUTE} route({ ...contract, handle: async () => ({ status: 201, body: { id: 1 } }) });`,
    /'name' is missing/,
  ],
  'a field of another type': [
    `${ROUTE} route({ ...contract, handle: async () => ({ body: { id: '1', name: 'a' } }) });`,
    /id: string/,
  ],
  'a status that is not in the contract': [
    `${ROUTE} route({ ...contract, handle: async () => ({ status: 202, body: { id: 1, name: 'a' } }) });`,
    /202' is not assignable/,
  ],
  'a misspelt process': [`${NAMES} export const name: RunName = 'renewal';`, /"renewal"' is not assignable/],
  'the handler of a misspelt process': [
    `${NAMES} export const handlers: Handlers = { runs: { renewal: handler } };`,
    /'renewal' does not exist/,
  ],
  'words for all processes but one': [
    `${NAMES} export const words = { generation: 1, daily: 1 } as const satisfies Record<RunName, number>;`,
    /missing the following properties/,
  ],
  'a process that the catalog lacks': [`${NAMES} export const run = runs.auto_renewl;`, /'auto_renewl' does not exist/],
};

const sources = { ...right, ...Object.fromEntries(Object.entries(wrong).map(([what, [source]]) => [what, source])) };
const errors = compileErrors(sources);

test.each(Object.keys(right))('%s compiles', (what) => {
  expect(errors[what]).toBe('');
});

test.each(Object.entries(wrong))('%s does not', (what, [, says]) => {
  expect(errors[what]).toMatch(says);
});
