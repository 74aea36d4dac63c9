import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import fc from 'fast-check';
import { auditBooks } from '../../sql/audit/audit.ts';
import { type TestDatabase, testDatabase } from '../support/database.ts';
import { emptyStudio } from '../support/emptying.ts';
import { step, world } from './properties/arbitraries.ts';
import { build } from './properties/building.ts';
import { assertOrReplay, chosen } from './properties/replay.ts';
import { stateOfDatabase, stateOfModel } from './properties/state.ts';
import { take } from './properties/steps.ts';

jest.setTimeout(1_800_000);

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase();
});
afterAll(() => database.close());

test(`database and model agree after any steps in any order, and the ledgers are square (${chosen.numRuns} sequences)`, () =>
  assertOrReplay(
    fc.asyncProperty(world, fc.array(step, { minLength: 2, maxLength: 18 }), async (given, steps) => {
      await emptyStudio(database.db);
      const both = await build(database.db, given);
      for (const step of steps) {
        await take(both, step);
        expect(await stateOfDatabase(database.db)).toEqual(stateOfModel(both.model));
        expect(await auditBooks(database.db, '2026-01-01')).toEqual([]);
      }
    }),
  ));
