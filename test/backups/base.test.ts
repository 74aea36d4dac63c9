import { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { z } from 'zod';
import { listBackups } from '../../sql/backups/backups.ts';
import { sql } from '../../sql/database/database.ts';
import { backUp } from '../../workers/backups/back-up.ts';
import { namesBetween } from '../../workers/backups/base.ts';
import { listManifests, type Manifest, readManifest, writeManifest } from '../../workers/backups/files.ts';
import { folderAt } from '../../workers/backups/folder.ts';
import { verifyNewest } from '../../workers/backups/verify.ts';
import { handlers } from '../../workers/cleanup/handlers.ts';
import { today } from '../support/days.ts';
import { night } from '../support/night.ts';
import { archivingStudio, noTick } from './archiving-studio.ts';

let studio: Awaited<ReturnType<typeof archivingStudio>>;
beforeAll(async () => {
  studio = await archivingStudio();
});
afterAll(() => studio.close());

const backup = (tick: () => Promise<unknown> = noTick) => backUp(studio.db, studio.settings, today(), new Date(), tick);
const files = () =>
  readdirSync(studio.backupDir, { recursive: true, encoding: 'utf8' }).filter((name) => !name.startsWith('wal'));
const rows = () => listBackups(studio.db, { limit: 100 });

test('a base backup is a file that describes itself, and restored it holds what was backed up', async () => {
  const made = await backup();
  expect(made).toMatchObject({ kind: 'base', is_exact: true, verified_at: null });
  expect(made.row_counts.users).toBeGreaterThan(10);
  expect(statSync(join(studio.backupDir, made.file)).size).toBe(made.bytes);
  expect(await readManifest(folderAt(studio.backupDir), `${made.file}.json`)).toEqual(made);
  expect((await rows())[0]).toMatchObject({
    file: made.file,
    bytes: made.bytes,
    sha256: made.sha256,
    error: null,
    verified_at: null,
  });

  const verified = await verifyNewest(studio.db, studio.settings, new Date(), noTick);
  expect(verified.file).toBe(made.file);
  expect((await rows())[0]?.verified_at).toBe(verified.verified_at);
  expect(readdirSync(studio.dataDir).filter((name) => name.startsWith('verify-'))).toEqual([]);
});

test('while others write, what is restored is whole all the same', async () => {
  let isWriting = true;
  const write = async () => {
    for (let n = 0; isWriting; n += 1)
      await studio.db.query(sql.unsafe`insert into users (first_name, last_name) values ('Busy', ${String(n)})`);
  };
  const writing = write();
  try {
    await backup();
  } finally {
    isWriting = false;
    await writing;
  }
  await verifyNewest(studio.db, studio.settings, new Date(), noTick);
});

test('a backup that is ended in its middle leaves no file, and says why', async () => {
  const before = files();
  const ends = async () => {
    throw new Error('the worker drains');
  };
  await expect(backup(ends)).rejects.toThrow('the worker drains');
  expect(files()).toEqual(before);
  expect((await rows())[0]).toMatchObject({ finished_at: null, error: 'the worker drains' });
});

test('the remains of a killed backup go with the next one; only one is made at a time', async () => {
  const left = join(studio.backupDir, 'nightly', '.20260101T000000000Z.tar.gz.tmp');
  mkdirSync(dirname(left), { recursive: true });
  writeFileSync(left, 'half');
  await studio.db.query(sql.unsafe`insert into backups (kind, file, started_at) values ('base', 'nightly/killed.tar.gz', now())`);
  const results = await Promise.allSettled([backup(), backup()]);
  expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  expect(results.find(({ status }) => status === 'rejected')).toMatchObject({
    reason: { message: 'another backup is under way' },
  });
  expect(existsSync(left)).toBe(false);
  expect((await rows()).find(({ file }) => file === 'nightly/killed.tar.gz')?.error).toBe('interrupted');
});

test('a night makes one, and warns where it is less than half of the one before', async () => {
  const last = (await listManifests(folderAt(studio.backupDir))).at(-1) as Manifest;
  await writeManifest(studio.backupDir, { ...last, bytes: last.bytes * 100 });
  const env = { FLEET_DATA_DIR: studio.dataDir };
  const made = await night(studio.db, handlers.backup, 'backup', today(), { settings: env });
  expect(made).toMatchObject({
    status: 'success',
    details: { warnings: [{ reason: 'shrunk' }] },
    result: { backups_deleted: 0 },
  });
  const again = await night(studio.db, handlers.backup, 'backup', today(), { settings: env });
  expect(again.details).toEqual({});
  const warned = await studio.db.anyFirst(
    sql.type(z.object({ template: z.string() }))`select template from notifications where template = 'backup_shrunk'`,
  );
  expect(warned).toHaveLength(1);
  expect(await night(studio.db, handlers.verify_backup, 'verify_backup', today(), { settings: env })).toMatchObject({
    status: 'success',
  });
});

test('a server that does not keep its log is said how it begins to', async () => {
  await expect(
    backUp(studio.db, { ...studio.settings, backupDir: join(studio.dataDir, 'elsewhere') }, today(), new Date(), noTick),
  ).rejects.toThrow(/stop and start the fleet once \(npm stop, npm start\)/);
});

test('files of the log are counted on across a log of 4 GB', () => {
  expect(namesBetween('0000000200000001000000FE', '000000020000000200000001', 16 * 2 ** 20)).toEqual([
    '0000000200000001000000FE',
    '0000000200000001000000FF',
    '000000020000000200000000',
    '000000020000000200000001',
  ]);
});
