import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { z } from 'zod';
import { openDatabase, sql } from '../../sql/database/database.ts';
import { embeddedUrl, prepareEmbedded, waitForEmbedded } from '../../sql/database/embedded.ts';
import { backUp } from '../../workers/backups/back-up.ts';
import { copyElsewhere } from '../../workers/backups/copy.ts';
import { startServer } from '../../workers/backups/recover.ts';
import { restore } from '../../workers/backups/restore.ts';
import { verifyNewest } from '../../workers/backups/verify.ts';
import { today } from '../support/days.ts';
import { archivingStudio, noTick } from './archiving-studio.ts';

type Studio = Awaited<ReturnType<typeof archivingStudio>>;
const elsewhere = mkdtempSync(join(tmpdir(), 'elsewhere-'));
const keyFile = join(elsewhere, 'key');
let studio: Studio;
beforeAll(async () => {
  writeFileSync(keyFile, randomBytes(32).toString('base64'), { mode: 0o600 });
  studio = await archivingStudio({ backupKeyFile: keyFile });
}, 60_000);
afterAll(async () => {
  await studio.close();
  rmSync(elsewhere, { recursive: true, force: true });
});

const copyDir = join(elsewhere, 'copy');
const settings = () => ({ ...studio.settings, backupKeyFile: keyFile, backupCopyDir: copyDir });
const copy = () => copyElsewhere({ db: studio.db, settings: settings() }, new Date());

const uncopied = () =>
  studio.db.anyFirst(sql.type(z.object({ file: z.string() }))`select file from backups where copied_at is null`);

/** The names of a restored studio's locations, from a server that runs for this question. */
async function locationsIn(dataDir: string) {
  const server = startServer(await prepareEmbedded(dataDir, { durable: false }));
  try {
    await waitForEmbedded(dataDir);
    const db = await openDatabase(embeddedUrl(dataDir), { max: 1 });
    const names = await db.anyFirst(sql.type(z.object({ name: z.string() }))`select name from locations where name like 'Case%'`);
    await db.end();
    return names;
  } finally {
    await server.stop();
  }
}

test('an encrypted backup is verified, copied once, and restored from the copy alone', async () => {
  await studio.db.query(sql.unsafe`insert into locations (name) values ('Case one')`);
  const made = await backUp(studio.db, settings(), today(), new Date(), noTick);
  expect(made.file).toMatch(/\.tar\.gz\.sealed$/);
  expect(readFileSync(join(studio.backupDir, made.file), 'latin1').slice(0, 8)).toBe('SFSEAL01');
  expect(await uncopied()).toEqual([made.file]);
  await copy();
  await copy();
  expect(await uncopied()).toEqual([]);
  await verifyNewest(studio.db, settings(), new Date(), noTick);
  await copy();

  // What is written after the backup lies in the log, which is copied as well.
  await studio.db.query(sql.unsafe`insert into locations (name) values ('Case two')`);
  await studio.stop();
  const [system = ''] = readdirSync(join(studio.backupDir, 'wal'));
  await copyElsewhereWithoutDatabase();
  for (const name of readdirSync(join(copyDir, 'wal', system))) {
    expect(readFileSync(join(copyDir, 'wal', system, name), 'latin1').slice(0, 8)).toBe('SFSEAL01');
  }

  rmSync(studio.backupDir, { recursive: true });
  const into = join(elsewhere, 'restored');
  await expect(
    restore({ ...settings(), backupKeyFile: undefined }, { what: 'latest', into }, new Date(), noTick),
  ).rejects.toThrow(/BACKUP_KEY_FILE must name its key/);
  rmSync(into, { recursive: true, force: true });
  expect(await restore(settings(), { what: 'latest', into }, new Date(), noTick)).toMatchObject({ file: made.file });
  expect(await locationsIn(into)).toEqual(['Case one', 'Case two']);
  await studio.start();
}, 180_000);

/** A last look of the copier, where nobody can note what it did. */
async function copyElsewhereWithoutDatabase() {
  const { copyBackups } = await import('../../workers/backups/copy.ts');
  await copyBackups({ backupDir: studio.backupDir, copyDir, today: today() });
}

test('what is damaged here is taken from the copy, and what is lost here stays there', async () => {
  const made = await backUp(studio.db, settings(), today(), new Date(), noTick);
  await copy();
  const path = join(studio.backupDir, made.file);
  writeFileSync(path, Buffer.from(readFileSync(path).map((byte, at) => (at === 1_000 ? byte ^ 1 : byte))));
  const into = join(elsewhere, 'restored-again');
  expect(await restore(settings(), { what: made.file, into }, new Date(), noTick)).toMatchObject({ file: made.file });
  rmSync(path);
  rmSync(`${path}.json`);
  await copy();
  expect(existsSync(join(copyDir, `${made.file}.json`))).toBe(true);
}, 120_000);

test('a copy that is damaged fails the check', async () => {
  const made = await backUp(studio.db, settings(), today(), new Date(), noTick);
  await copy();
  const path = join(copyDir, made.file);
  writeFileSync(path, Buffer.from(readFileSync(path).map((byte, at) => (at === 1_000 ? byte ^ 1 : byte))));
  await expect(verifyNewest(studio.db, settings(), new Date(), noTick)).rejects.toThrow(/is damaged/);
}, 60_000);
