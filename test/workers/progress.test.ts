import { expect, test } from '@jest/globals';
import { UnrecoverableError } from 'bullmq';
import { z } from 'zod';
import { found, progressOf } from '../../workers/runner/progress.ts';

const schema = z.object({ after: z.int(), warnings: z.array(found<{ reason: string; id: number }>()) });
const initial = { after: 0, warnings: [] };
const read = (progress: Record<string, unknown> | null) =>
  progressOf({ id: 7, run_key: 'finance:2026-11-22', progress }, schema, initial);

test('a run that has not begun begins at the beginning', () => {
  expect(read(null)).toBe(initial);
});

test('one that was interrupted goes on from what it kept', () => {
  const kept = { after: 5, warnings: [{ reason: 'full', id: 3 }] };
  expect(read(kept)).toEqual(kept);
});

const wrong: [string, Record<string, unknown>, RegExp][] = [
  ['a field that is missing', { warnings: [] }, /^the progress of run 7 \(finance:2026-11-22\) is of another version: after: /],
  ['a field of another type', { after: '5', warnings: [] }, /another version: after: /],
  ['a warning without a reason', { after: 5, warnings: [{ id: 3 }] }, /another version: warnings\.0: a reason is missing$/],
];
test.each(wrong)('progress with %s ends the run with the field named, and is not tried again', (_, kept, says) => {
  expect(() => read(kept)).toThrow(UnrecoverableError);
  expect(() => read(kept)).toThrow(says);
});
