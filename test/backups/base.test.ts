import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { listBackups } from '../../sql/backups/backups.ts';
import { backUp } from '../../workers/backups/back-up.ts';
import { readManifest } from '../../workers/backups/files.ts';
import { verifyNewest } from '../../workers/backups/verify.ts';
import { today } from '../support/days.ts';
import { archivingStudio, noTick } from './archiving-studio.ts';

let studio: Awaited<ReturnType<typeof archivingStudio>>;
beforeAll(async () => {
  studio = await archivingStudio();
});
afterAll(() => studio.close());

const backup = (tick: () => Promise<unknown> = noTick) => backUp(studio.db, studio.settings, today(), new Date(), tick);
const rows = () => listBackups(studio.db, { limit: 100 });

test('a base backup is a file that describes itself, and restored it holds what was backed up', async () => {
  const made = await backup();
  expect(made).toMatchObject({ kind: 'base', is_exact: true, verified_at: null });
  expect(made.row_counts.users).toBeGreaterThan(10);
  expect(statSync(join(studio.backupDir, made.file)).size).toBe(made.bytes);
  expect(await readManifest(join(studio.backupDir, `${made.file}.json`))).toEqual(made);
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
