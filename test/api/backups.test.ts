import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { beginBackup, describeBackups, noteBackupFailed } from '../../sql/backups/backups.ts';
import { noteCopied } from '../../sql/backups/copies.ts';
import { sql } from '../../sql/database/database.ts';
import { type TestApi, testApi } from '../support/front-door.ts';

let dataDir: string;
let api: TestApi;
const at = (days: number) => new Date(Date.now() - days * 86_400_000).toISOString();
const backup = (days: number, verified_at: string | null = null) => ({
  kind: 'base' as const,
  file: `nightly/${days}.tar.gz`,
  started_at: at(days),
  finished_at: at(days),
  bytes: 1_000,
  sha256: 'a'.repeat(64),
  schema_version: 70,
  row_counts: { users: 2, payments: 3 },
  verified_at,
});
beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'studio-fleet-backups-'));
  api = await testApi({ settings: { FLEET_DATA_DIR: dataDir } });
});
afterAll(async () => {
  await api.close();
  rmSync(dataDir, { recursive: true, force: true });
});

test('backups are listed newest first: complete, failed, and those whose file is gone', async () => {
  const [old, newest] = [backup(40), backup(0, at(0))];
  await describeBackups(api.db, [old]);
  await describeBackups(api.db, [newest]);
  await beginBackup(api.db, 'base', 'nightly/failed.tar.gz', at(0));
  await noteBackupFailed(api.db, 'nightly/failed.tar.gz', 'the disk is full');
  const { status, body } = await api.get('/api/backups');
  expect(status).toBe(200);
  expect(body.items).toMatchObject([
    { file: 'nightly/failed.tar.gz', finished_at: null, error: 'the disk is full', rows: null },
    { file: newest.file, verified_at: newest.verified_at, rows: 5, bytes: 1_000, deleted_at: null },
    { file: old.file, verified_at: null, deleted_at: expect.any(String) },
  ]);
  const first = await api.get('/api/backups?limit=2');
  const rest = await api.get(`/api/backups?limit=2&cursor=${first.body.next_cursor}`);
  expect([...first.body.items, ...rest.body.items]).toEqual(body.items);
});

test('each says since when it lies on the other disk as well', async () => {
  await noteCopied(api.db, ['nightly/0.tar.gz'], new Date('2026-11-22T03:04:05Z'));
  const { body } = await api.get('/api/backups');
  expect(
    Object.fromEntries(body.items.map(({ file, copied_at }: { file: string; copied_at: string }) => [file, copied_at])),
  ).toEqual({
    'nightly/failed.tar.gz': null,
    'nightly/0.tar.gz': '2026-11-22T03:04:05.000Z',
    'nightly/40.tar.gz': null,
  });
});

test('metrics say when the newest was completed and verified; health names old ones and turns nobody away', async () => {
  const { text } = await api.get('/metrics');
  expect(text).toMatch(/^fleet_backup_timestamp_seconds\{state="completed"\} \d+/m);
  expect(text).toMatch(/^fleet_backup_timestamp_seconds\{state="verified"\} \d+/m);
  expect(text).toMatch(/^fleet_backup_bytes 1000$/m);
  expect(text).toMatch(/^fleet_disk_free_ratio\{folder="data"\} 0\.\d+/m);
  await api.db.query(sql.unsafe`update backups set finished_at = now() - interval '27 hours' where finished_at is not null`);
  const { body } = await api.get('/health/ready');
  expect(body.parts.backups).toBe('down');
});
