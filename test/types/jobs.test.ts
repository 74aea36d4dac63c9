import { expect, test } from '@jest/globals';
import { compileErrors } from './compile.ts';

const worker = (table: string) => `
import type { HandlersOf, RunHandler } from '#root/workers/runner/run-context.ts';
declare const handler: RunHandler;
export const handlers = ${table} satisfies HandlersOf<'finance'>;`;
const words = (key: string) => `
import type { RunName } from '#root/queues/jobs/catalog.ts';
import { text } from '#root/workers/notifier/texts/texts.ts';
declare const name: RunName;
export const words = text('en', \`${key}.\${name}\`);`;

const progress = (counts: string) => `
import type { RunContext } from '#root/workers/runner/run-context.ts';
declare const chunk: RunContext['chunk'];
const countsOf = () => (${counts});
export const reached = chunk(async () => ({}), countsOf);`;

const sources = {
  'all handlers of a worker': worker('{ finance: handler, daily: handler }'),
  'one is missing': worker('{ finance: handler }'),
  'one is of another worker': worker('{ finance: handler, daily: handler, generation: handler }'),
  'words that every process has': words('bot.name'),
  'words that not every process has': words('bot.count'),
  'counts so far': progress('{ invoices_created: 1 }'),
  'errors so far': progress('{ invoices_created: 1, errors_count: 1 }'),
};

test('a process of the catalog without its handler or its words does not compile, nor one that counts its errors before it is over', () => {
  expect(compileErrors(sources)).toEqual({
    'all handlers of a worker': '',
    'one is missing': expect.stringContaining("Property 'daily' is missing"),
    'one is of another worker': expect.stringContaining("'generation' does not exist"),
    'words that every process has': '',
    'words that not every process has': expect.stringContaining('bot.count.'),
    'counts so far': '',
    'errors so far': expect.stringContaining('errors_count'),
  });
});
