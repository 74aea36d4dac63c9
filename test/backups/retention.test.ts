import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { addDays } from '../../queues/time/calendar.ts';
import { openBucket } from '../../workers/backups/bucket.ts';
import { fileFor, listManifests, type Manifest } from '../../workers/backups/files.ts';
import { folderAt } from '../../workers/backups/folder.ts';
import { backupsToDelete, firstWalToKeep, prune } from '../../workers/backups/retention.ts';
import { monday } from '../support/days.ts';
import { objectStore } from '../support/object-store.ts';

/** A Monday, so that the day before is a Sunday. */
const TODAY = monday();
const ago = (days: number, more: Partial<Manifest> = {}): Manifest => {
  const day = addDays(TODAY, -days);
  const at = new Date(`${day}T02:00:00Z`);
  return {
    kind: 'base',
    file: fileFor('base', day, at),
    day,
    started_at: at.toISOString(),
    finished_at: at.toISOString(),
    bytes: 10,
    sha256: 'a'.repeat(64),
    schema_version: 70,
    row_counts: {},
    is_exact: true,
    version: 18,
    wal: {
      system: '1',
      first: `00000001000000000000${(0x9000 - days * 0x10).toString(16).toUpperCase().padStart(4, '0')}`,
      last: '',
      lsn: '',
    },
    verified_at: null,
    ...more,
  };
};
const verified = (days: number) => ago(days, { verified_at: new Date().toISOString() });
const deleted = (...backups: Manifest[]) => backupsToDelete(backups, TODAY).map(({ file }) => file);

test('a night’s backup stays for 30 days, a Sunday’s for a year', () => {
  expect(deleted(ago(31), ago(30), ago(0))).toEqual([ago(31).file]);
  expect(ago(36).file).toMatch(/^archive\//);
  expect(ago(31).file).toMatch(/^nightly\//);
  const [sunday, before] = [ago(365), ago(372)];
  expect([sunday.file, before.file].every((file) => file.startsWith('archive/'))).toBe(true);
  expect(deleted(before, sunday, ago(36), ago(0))).toEqual([before.file]);
});

test('however old, the newest stays, and the three that were verified last', () => {
  expect(deleted(ago(40))).toEqual([]);
  const old = [verified(60), verified(59), ago(58), verified(57), verified(54)];
  expect(deleted(...old, ago(0))).toEqual([old[0]?.file, old[2]?.file]);
});

test('the log is kept from the oldest base backup of the last 30 days on, each server’s by itself', () => {
  const first = (...backups: Manifest[]) => Object.fromEntries(firstWalToKeep(backups, TODAY));
  const of = (system: string, backup: Manifest) => ({
    ...backup,
    wal: { ...(backup.wal as NonNullable<Manifest['wal']>), system },
  });
  expect(first(ago(36), ago(30), ago(0))).toEqual({ 1: ago(30).wal?.first });
  expect(first(verified(60), ago(40))).toEqual({ 1: ago(40).wal?.first });
  expect(first(of('1', verified(60)), of('2', ago(40)))).toEqual({ 1: null, 2: ago(40).wal?.first });
  expect(first(of('1', ago(20)), of('2', ago(3)))).toEqual({ 1: ago(20).wal?.first, 2: ago(3).wal?.first });
  expect(first(ago(3, { kind: 'dump', wal: null }))).toEqual({});
});

async function* whole(content: string) {
  yield Buffer.from(content);
}

test.each(['folder', 'bucket'])(
  'in a %s files go with what describes them, and the log before them whatever its timeline',
  async (kind) => {
    const remote = await objectStore();
    const store = kind === 'folder' ? folderAt(mkdtempSync(join(tmpdir(), 'retention-'))) : await openBucket(remote.bucket);
    const [old, young, newest] = [ago(31), ago(30), ago(0)] as const;
    for (const backup of [old, young, newest]) {
      await store.write(backup.file, whole('x'));
      await store.write(`${backup.file}.json`, whole(JSON.stringify(backup)));
    }
    const first = young.wal?.first as string;
    const before = old.wal?.first as string;
    const names = [
      before,
      `00000002${before.slice(8)}`,
      first,
      newest.wal?.first,
      `${before}.00000028.backup`,
      '00000002.history',
    ];
    for (const name of names) await store.write(`wal/1/${name}.gz`, whole('x'));
    await store.write('wal/1/README', whole('mine'));
    expect(await prune(store, TODAY)).toEqual({ backups_deleted: 1, wal_deleted: 3 });
    expect(await prune(store, TODAY)).toEqual({ backups_deleted: 0, wal_deleted: 0 });
    expect([...(await store.list('wal/1'))].sort()).toEqual(
      ['00000002.history.gz', `${first}.gz`, `${newest.wal?.first}.gz`, 'README'].map((name) => `wal/1/${name}`).sort(),
    );
    expect((await listManifests(store)).map(({ file }) => file)).toEqual([young.file, newest.file]);
    expect((await store.list('nightly')).has(old.file)).toBe(false);
    store.close();
    await remote.close();
  },
);
