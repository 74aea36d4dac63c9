import { expect, test } from '@jest/globals';
import { openBackend } from '../../queues/backend/backend.ts';
import { nouns } from '../../queues/jobs/catalog.ts';
import { testDatabase } from '../support/database.ts';

test('however many queues and workers share a pool, and are closed, it has no more listeners', async () => {
  const warnings: string[] = [];
  const hear = (warning: Error) => warnings.push(warning.name);
  process.on('warning', hear);
  const database = await testDatabase();
  const backend = openBackend({ databaseUrl: database.url, name: 'test' });
  for (const noun of nouns) {
    await backend.queue(noun).getJobCounts();
    for (let round = 0; round < 3; round += 1) {
      const worker = backend.worker(noun, async () => ({}));
      await worker.waitUntilReady();
      await worker.close();
    }
  }
  await backend.ping();
  await backend.close();
  await database.close();
  process.off('warning', hear);
  expect(warnings).not.toContain('MaxListenersExceededWarning');
});
