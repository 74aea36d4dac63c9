import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { views } from '../../api/telegram/views.ts';
import { openBackend } from '../../queues/backend/backend.ts';
import { beginBackup, describeBackups } from '../../sql/backups/backups.ts';
import { type TestDatabase, testDatabase } from '../support/database.ts';

const NOW = new Date('2026-11-24T09:00:00Z');
let database: TestDatabase;
let backend: ReturnType<typeof openBackend>;
beforeAll(async () => {
  database = await testDatabase();
  backend = openBackend({ databaseUrl: database.url, name: 'test' });
});
afterAll(async () => {
  await backend.close();
  await database.close();
});

const backup = (at: string, verified_at: string | null = null) => ({
  kind: 'base' as const,
  file: `nightly/${at.slice(0, 10)}.tar.gz`,
  started_at: at,
  finished_at: at,
  bytes: 1_000,
  sha256: 'a'.repeat(64),
  schema_version: 70,
  row_counts: { users: 2 },
  verified_at,
});
/** What `/status` says of backups, in each language. */
async function said() {
  const context = { db: database.db, backend, settings: { zone: 'Europe/Moscow' } } as never;
  const words = await Promise.all((['ru', 'uk', 'en'] as const).map((locale) => views.status(context, locale, NOW)));
  return words.map(({ text }) =>
    text
      .split('\n')
      .find((line) => line.includes('💾'))
      ?.trim(),
  );
}

test('/status says when the newest backup was made, and when one was tried by a restore', async () => {
  const { db } = database;
  await beginBackup(db, 'base', 'nightly/2026-11-24.tar.gz', '2026-11-24T08:59:00Z');
  expect(await said()).toEqual(['💾 Копий базы ещё нет', '💾 Копій бази ще немає', '💾 No backup yet']);

  const sunday = backup('2026-11-21T23:00:05Z');
  await describeBackups(db, [sunday]);
  expect(await said()).toEqual([
    '💾 Копия базы 22.11 02:00, восстановление ещё не проверялось',
    '💾 Копія бази 22.11 02:00, відновлення ще не перевірялося',
    '💾 Backup 22/11 02:00, no restore was tried yet',
  ]);

  await describeBackups(db, [{ ...sunday, verified_at: '2026-11-22T01:00:00Z' }, backup('2026-11-23T23:00:05Z')]);
  expect(await said()).toEqual([
    '💾 Копия базы 02:00, восстановление проверено 22.11 04:00',
    '💾 Копія бази 02:00, відновлення перевірено 22.11 04:00',
    '💾 Backup 02:00, a restore was tried 22/11 04:00',
  ]);
});
