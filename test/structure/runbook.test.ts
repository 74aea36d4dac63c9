import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { alertNames } from '../../sql/notifications/messages/admins.ts';

const runbook = readFileSync(new URL('../../workers/fleet/RUNBOOK.md', import.meta.url), 'utf8');
/** Told while there is no database to hold an alert. */
const conditions = [...alertNames, 'database_down'];

test.each(conditions)('%s has its paragraph in the runbook', (condition) => {
  const [, paragraph = ''] = runbook.split(`\n### ${condition}\n`);
  expect(paragraph.trim()).toMatch(/^(Warning|Error|Critical)\. \S[^#]{60,}/);
});

test('the runbook describes no condition that there is not', () => {
  const described = [...runbook.matchAll(/^### ([a-z_]+)$/gm)].map(([, name]) => name);
  expect(described.toSorted()).toEqual(conditions.toSorted());
});
