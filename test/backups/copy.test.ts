import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { openDatabase, sql } from '../../sql/database/database.ts';
import { embeddedUrl, prepareEmbedded, waitForEmbedded } from '../../sql/database/embedded.ts';
import { backUp } from '../../workers/backups/back-up.ts';
import { copyBackups, copyElsewhere } from '../../workers/backups/copy.ts';
import { openElsewhere } from '../../workers/backups/elsewhere.ts';
import { folderAt } from '../../workers/backups/folder.ts';
import { startServer } from '../../workers/backups/recover.ts';
import { restore } from '../../workers/backups/restore.ts';
import type { Store } from '../../workers/backups/store.ts';
import { verifyNewest } from '../../workers/backups/verify.ts';
import { today } from '../support/days.ts';
import { objectStore } from '../support/object-store.ts';
import { archivingStudio, noTick } from './archiving-studio.ts';

type Studio = Awaited<ReturnType<typeof archivingStudio>>;

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

async function bytesOf(store: Store, file: string) {
  const chunks: Uint8Array[] = [];
  for await (const chunk of store.read(file)) chunks.push(chunk);
  return Buffer.concat(chunks);
}
const flipped = (content: Buffer) => Buffer.from(content.map((byte, at) => (at === 1_000 ? byte ^ 1 : byte)));
async function* whole(content: Buffer) {
  yield content;
}

describe.each(['folder', 'bucket'])('a %s elsewhere', (kind) => {
  const folder = mkdtempSync(join(tmpdir(), 'elsewhere-'));
  const keyFile = join(folder, 'key');
  let studio: Studio;
  let remote: Awaited<ReturnType<typeof objectStore>>;
  let elsewhere: Store;
  beforeAll(async () => {
    writeFileSync(keyFile, randomBytes(32).toString('base64'), { mode: 0o600 });
    remote = await objectStore({ perPage: 5 });
    studio = await archivingStudio({ backupKeyFile: keyFile });
    elsewhere = (await openElsewhere(settings())) as Store;
  }, 60_000);
  afterAll(async () => {
    elsewhere.close();
    await studio.close();
    await remote.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const settings = () => ({
    ...studio.settings,
    backupKeyFile: keyFile,
    ...(kind === 'folder' ? { backupCopyDir: join(folder, 'copy') } : { backupBucket: remote.bucket }),
  });
  const copy = () => copyElsewhere({ db: studio.db, settings: settings() }, new Date());
  const uncopied = () =>
    studio.db.anyFirst(sql.type(z.object({ file: z.string() }))`select file from backups where copied_at is null order by id`);

  test('an encrypted backup is verified, copied once, and restored from the copy alone', async () => {
    await studio.db.query(sql.unsafe`insert into locations (name) values ('Case one')`);
    const made = await backUp(studio.db, settings(), today(), new Date(), noTick);
    expect(made.file).toMatch(/\.tar\.gz\.sealed$/);
    expect(readFileSync(join(studio.backupDir, made.file), 'latin1').slice(0, 8)).toBe('SFSEAL01');
    expect(await uncopied()).toEqual([made.file]);
    await copy();
    const written = remote.asked.filter(({ method }) => method === 'PUT').length;
    await copy();
    expect(remote.asked.filter(({ method }) => method === 'PUT')).toHaveLength(written);
    expect(await uncopied()).toEqual([]);
    await verifyNewest(studio.db, settings(), new Date(), noTick);
    await copy();

    // What is written after the backup lies in the log, which is copied as well.
    await studio.db.query(sql.unsafe`insert into locations (name) values ('Case two')`);
    await studio.stop();
    // A last look of the copier, where nobody can note what it did.
    await copyBackups({ from: folderAt(studio.backupDir), to: elsewhere, today: today() });
    const log = [...(await elsewhere.list('wal'))];
    expect(log.length).toBeGreaterThan(1);
    for (const file of log) expect((await bytesOf(elsewhere, file)).toString('latin1', 0, 8)).toBe('SFSEAL01');

    rmSync(studio.backupDir, { recursive: true });
    const into = join(folder, 'restored');
    await expect(
      restore({ ...settings(), backupKeyFile: undefined }, { what: 'latest', into }, new Date(), noTick),
    ).rejects.toThrow(/BACKUP_KEY_FILE must name its key/);
    rmSync(into, { recursive: true, force: true });
    rmSync(studio.backupDir, { recursive: true });
    expect(await restore(settings(), { what: 'latest', into }, new Date(), noTick)).toMatchObject({ file: made.file });
    expect(await locationsIn(into)).toEqual(['Case one', 'Case two']);
    await studio.start();
  }, 180_000);

  test('a file damaged here is taken from the copy, and a file lost here stays there', async () => {
    const made = await backUp(studio.db, settings(), today(), new Date(), noTick);
    await copy();
    const path = join(studio.backupDir, made.file);
    writeFileSync(path, flipped(readFileSync(path)));
    const into = join(folder, 'restored-again');
    expect(await restore(settings(), { what: made.file, into }, new Date(), noTick)).toMatchObject({ file: made.file });
    rmSync(path);
    rmSync(`${path}.json`);
    await copy();
    expect(await elsewhere.sizeOf(`${made.file}.json`)).toBeGreaterThan(0);
  }, 120_000);

  test('of the log, too, what is damaged or missing here is taken from the copy', async () => {
    // The newest backup was made after a restored server had parted from this one, only to be looked at.
    await studio.db.query(sql.unsafe`insert into locations (name) values ('Case three')`);
    await studio.stop();
    await copyBackups({ from: folderAt(studio.backupDir), to: elsewhere, today: today() });
    const [system = ''] = readdirSync(join(studio.backupDir, 'wal'));
    const log = readdirSync(join(studio.backupDir, 'wal', system)).toSorted();
    const [missing = '', broken = ''] = log.filter((name) => /^[0-9A-F]{24}\.gz$/.test(name)).slice(-2);
    rmSync(join(studio.backupDir, 'wal', system, missing));
    const path = join(studio.backupDir, 'wal', system, broken);
    writeFileSync(path, readFileSync(path).subarray(0, 200));
    const into = join(folder, 'restored-by-log');
    await restore(settings(), { what: 'latest', into }, new Date(), noTick);
    expect(await locationsIn(into)).toContain('Case three');
    expect(existsSync(join(studio.backupDir, 'wal', system, missing))).toBe(true);
    await studio.start();
  }, 120_000);

  test('a copy that is damaged fails the check; one that is away does not', async () => {
    const made = await backUp(studio.db, settings(), today(), new Date(), noTick);
    await copy();
    await elsewhere.write(made.file, whole(flipped(await bytesOf(elsewhere, made.file))));
    await expect(verifyNewest(studio.db, settings(), new Date(), noTick)).rejects.toThrow(/is damaged/);
    remote.fail(503, () => true, 1_000);
    if (kind === 'bucket')
      expect(await verifyNewest(studio.db, settings(), new Date(), noTick)).toMatchObject({ file: made.file });
    remote.heal();
  }, 60_000);

  test('a backup that is damaged here is not copied, and keeps no other from being copied', async () => {
    const damaged = await backUp(studio.db, settings(), today(), new Date(), noTick);
    const path = join(studio.backupDir, damaged.file);
    writeFileSync(path, flipped(readFileSync(path)));
    const sound = await backUp(studio.db, settings(), today(), new Date(), noTick);
    await expect(copy()).rejects.toThrow(/is damaged/);
    expect(await elsewhere.sizeOf(damaged.file)).toBeUndefined();
    expect(await elsewhere.sizeOf(sound.file)).toBe(sound.bytes);
    expect(await uncopied()).toEqual([damaged.file]);
  }, 60_000);
});
