import { readdirSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { listBackups } from '../../sql/backups/backups.ts';
import { sql } from '../../sql/database/database.ts';
import { backUp } from '../../workers/backups/back-up.ts';
import { type Manifest, readManifest, writeManifest } from '../../workers/backups/files.ts';
import { folderAt } from '../../workers/backups/folder.ts';
import { verifyNewest } from '../../workers/backups/verify.ts';
import { today } from '../support/days.ts';
import { archivingStudio, noTick } from './archiving-studio.ts';

let studio: Awaited<ReturnType<typeof archivingStudio>>;
let made: Manifest;
beforeAll(async () => {
  studio = await archivingStudio();
  made = await backUp(studio.db, studio.settings, today(), new Date(), noTick);
});
afterAll(() => studio.close());

const verify = () => verifyNewest(studio.db, studio.settings, new Date(), noTick);
/** Says of the backup what is not so, as if the restored database had become another one. */
const say = (other: Partial<Manifest>) => writeManifest(studio.backupDir, { ...made, ...other });

/** A failed check makes no backup a verified one, and leaves no server. */
async function expectUnverified({ file }: Manifest) {
  expect((await readManifest(folderAt(studio.backupDir), `${file}.json`)).verified_at).toBeNull();
  expect((await listBackups(studio.db, { limit: 1 }))[0]).toMatchObject({ file, verified_at: null });
  expect(readdirSync(studio.dataDir).filter((name) => name.startsWith('verify-'))).toEqual([]);
}

const wrong: [string, () => Partial<Manifest>, RegExp][] = [
  [
    'rows are missing',
    () => ({ row_counts: { ...made.row_counts, users: (made.row_counts.users as number) + 1 } }),
    /differs from what was backed up: users: \d+ rows instead of \d+$/,
  ],
  [
    'there are more rows than were counted',
    () => ({ row_counts: { ...made.row_counts, payments: -1 } }),
    /differs from what was backed up: payments: \d+ rows instead of -1$/,
  ],
  [
    'a table is missing, though rows were not counted exactly',
    () => ({ is_exact: false, row_counts: { ...made.row_counts, users: -1, lost: 7 } }),
    /differs from what was backed up: lost: no table rows instead of 7$/,
  ],
  [
    'it is at another migration',
    () => ({ schema_version: made.schema_version - 1 }),
    /differs from what was backed up: migration \d+ instead of \d+$/,
  ],
];
test.each(wrong)('%s: the check fails with what differs, and the backup is not verified', async (_, other, words) => {
  await say(other());
  await expect(verify()).rejects.toThrow(words);
  await say({});
  await expectUnverified(made);
});

test('the books of the restored database are not square: the check fails with the first finding', async () => {
  await studio.db.query(sql.unsafe`
    with off as (select set_config('session_replication_role', 'replica', true))
    insert into wallets (user_id, balance_minor) select min(id), 777 from users, off`);
  const unbalanced = await backUp(studio.db, studio.settings, today(), new Date(), noTick);
  await expect(verify()).rejects.toThrow(/is not square: 1 findings, such as balance \d+: balance 777, transactions 0$/);
  await expectUnverified(unbalanced);
});
