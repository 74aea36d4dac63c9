import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { type RunName, runNames, runs } from '../../queues/jobs/catalog.ts';
import { repeatProcess } from '../../queues/jobs/repeat.ts';
import { requestProcess } from '../../queues/jobs/request.ts';
import type { RunDefinition } from '../../queues/jobs/run-definition.ts';
import { findRun } from '../../sql/runs/find.ts';
import { salon } from '../bookings/salon.ts';
import { type TestDatabase, testDatabase } from '../support/database.ts';
import { emptyLedger, endRuns } from '../support/ledger.ts';
import { swaggerExample } from '../support/swagger-example.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase();
  // Whom the catalog's example of `specialist_id` means.
  expect(await salon(database.db).specialist([])).toBe(1);
});
beforeEach(() => emptyLedger(database.db));
afterAll(() => database.close());

const TODAY = '2026-11-24';

/** Bodies that a run can be asked for with: the catalog's examples, and nothing at all where that is accepted. */
function bodiesOf(name: RunName): Record<string, unknown>[] {
  const { body }: RunDefinition = runs[name];
  const { dry_run: _, ...example } = body.parse(swaggerExample(z.toJSONSchema(body), {}));
  return body.safeParse({}).success ? [example, {}] : [example];
}

describe.each(runNames)('%s', (name) => {
  test.each(bodiesOf(name).map((body) => [JSON.stringify(body), body] as const))(
    'asked for with %s and failed, it is repeated as what it was',
    async (_, body) => {
      const { db } = database;
      const { run: asked } = await requestProcess(db, name, body, TODAY, {});
      await endRuns(db, 'error');
      const failed = await findRun(db, asked.id);
      const repeated = await repeatProcess(db, failed!, { created_by: 'somebody else' });
      expect(repeated?.outcome).toBe('created');
      const { process_type, run_key, process_date, params } = asked;
      expect(repeated?.run).toMatchObject({ process_type, run_key, process_date, params, attempt: 2 });
    },
  );
});

test('a process that has left the catalog is not repeated', async () => {
  const run = { process_type: 'toString', run_key: 'toString:2026-11-24', process_date: TODAY, params: { date: TODAY } };
  expect(await repeatProcess(database.db, run, {})).toBeNull();
});

test('a request that would be repeated as something else is not repeated', async () => {
  const run = { process_type: 'cleanup', run_key: 'cleanup:2026-11-23', process_date: TODAY, params: { date: TODAY } };
  await expect(repeatProcess(database.db, run, {})).rejects.toThrow('cleanup:2026-11-23 would be repeated as cleanup:2026-11-24');
});
