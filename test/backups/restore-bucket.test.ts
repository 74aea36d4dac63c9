import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { z } from 'zod';
import { auditBooks } from '../../sql/audit/audit.ts';
import { type Database, openDatabase, sql } from '../../sql/database/database.ts';
import { embeddedUrl, prepareEmbedded, waitForEmbedded } from '../../sql/database/embedded.ts';
import { backUp } from '../../workers/backups/back-up.ts';
import { copyElsewhere } from '../../workers/backups/copy.ts';
import { fileErasures } from '../../workers/backups/erasures.ts';
import { startServer } from '../../workers/backups/recover.ts';
import { restore } from '../../workers/backups/restore.ts';
import { erase } from '../../workers/people/erase.ts';
import { today } from '../support/days.ts';
import { eventually } from '../support/eventually.ts';
import { objectStore } from '../support/object-store.ts';
import { archivingStudio, noTick } from './archiving-studio.ts';

/*
 * The machine with the studio is lost, with its disk and its folder of backups. There is a new one, and the store.
 */
const folder = mkdtempSync(join(tmpdir(), 'new-machine-'));
let remote: Awaited<ReturnType<typeof objectStore>>;
let made: { file: string };
/** The moment before the disaster. */
let moment: string;

const peopleIn = async (db: Database) =>
  db.anyFirst(sql.type(z.object({ name: z.string() }))`
    select coalesce(first_name, '') as name from users where last_name = 'Drill' order by id`);

beforeAll(async () => {
  remote = await objectStore({ perPage: 4 });
  const studio = await archivingStudio();
  const settings = { ...studio.settings, backupBucket: remote.bucket };
  const person = (name: string) =>
    studio.db.query(sql.unsafe`insert into users (first_name, last_name) values (${name}, 'Drill')`);
  const clock = () => studio.db.oneFirst(sql.type(z.object({ at: z.string() }))`select clock_timestamp()::text as at`);
  await person('before the backup');
  await person('to be erased');
  made = await backUp(studio.db, settings, today(), new Date(), noTick);
  await person('after the backup');
  moment = new Date(Date.parse(await clock()) + 2).toISOString();
  await eventually(async () => Date.parse(await clock()) > Date.parse(moment));
  await person('a second too late');
  const id = await studio.db.oneFirst(
    sql.type(z.object({ id: z.int() }))`select id from users where first_name = 'to be erased'`,
  );
  await studio.db.transaction((transaction) => erase(transaction, id, { by: 'desk', now: new Date() }));
  await fileErasures(studio.db, studio.backupDir);
  const wal = await studio.db.oneFirst(sql.type(z.object({ wal: z.string() }))`select pg_walfile_name(pg_switch_wal()) as wal`);
  const archived = () =>
    readdirSync(join(studio.backupDir, 'wal'), { recursive: true, encoding: 'utf8' }).map((name) => basename(name));
  await eventually(async () => archived().includes(`${wal}.gz`));
  await copyElsewhere({ db: studio.db, settings }, new Date());
  await studio.close();
}, 120_000);
afterAll(async () => {
  await remote.close();
  rmSync(folder, { recursive: true, force: true });
});

/** A machine with nothing on it but the settings. */
const machine = (name: string) => ({
  dataDir: join(folder, name),
  backupDir: join(folder, name, 'backups'),
  databaseUrl: undefined,
  zone: 'Europe/Moscow',
  backupBucket: remote.bucket,
});

async function onServerOf<T>(dataDir: string, look: (db: Database) => Promise<T>): Promise<T> {
  const server = startServer(await prepareEmbedded(dataDir, { durable: false }));
  try {
    await waitForEmbedded(dataDir);
    const db = await openDatabase(embeddedUrl(dataDir), { max: 1 });
    return await look(db).finally(() => db.end());
  } finally {
    await server.stop();
  }
}

test('to a moment, from the store alone: everything of then is there, nothing of later, and the books are square', async () => {
  const settings = machine('to-a-moment');
  const done = await restore(settings, { what: 'latest', at: moment }, new Date(), noTick);
  expect(done).toMatchObject({ file: made.file, isInPlace: true, erasures: 1 });
  await onServerOf(settings.dataDir, async (db) => {
    const people = await peopleIn(db);
    expect(people).toContain('before the backup');
    expect(people).toContain('after the backup');
    expect(people).not.toContain('a second too late');
    expect(people).not.toContain('to be erased');
    expect(await auditBooks(db, today())).toEqual([]);
  });
  // What was brought is an archive to go on from.
  expect(existsSync(join(settings.backupDir, `${made.file}.json`))).toBe(true);
});

test('as far as the log in the store goes; and two restores from it never take one timeline', async () => {
  for (const name of ['first', 'second']) {
    const { backupDir, ...settings } = machine(`to-look-${name}`);
    const into = join(folder, `look-${name}`);
    await restore({ ...settings, backupDir }, { what: 'latest', into }, new Date(), noTick);
    expect(await onServerOf(into, peopleIn)).toContain('a second too late');
  }
  const histories = remote.names().filter((name) => name.endsWith('.history.gz'));
  expect(new Set(histories.map((name) => basename(name))).size).toBe(2);
});

test('a filled place is refused before anything is brought', async () => {
  const into = join(folder, 'look-first');
  const asked = remote.asked.length;
  const settings = machine('refused');
  await expect(restore(settings, { what: 'latest', into }, new Date(), noTick)).rejects.toMatchObject({ kind: 'conflict' });
  expect(remote.asked.slice(asked).some(({ method, key }) => method === 'GET' && key.endsWith('.tar.gz'))).toBe(false);
  expect(existsSync(settings.backupDir)).toBe(false);
});

test('where a file of the log is damaged in the store, too, that is said, and every moment before it can be had', async () => {
  const log = remote.names().filter((name) => /^wal\/\d+\/[0-9A-F]{24}\.gz$/.test(name));
  const key = `copies/of-backups/${log.at(-1)}`;
  const sound = remote.objects.get(key) as Buffer;
  remote.objects.set(key, Buffer.concat([sound.subarray(0, -9), Buffer.from('something')]));
  const into = join(folder, 'damaged');
  const settings = machine('damaged-there');
  await expect(restore(settings, { what: 'latest', into }, new Date(), noTick)).rejects.toThrow(
    new RegExp(`^the log ends early: .*${basename(log.at(-1) ?? '')}: .* with --at$`),
  );
  expect(await restore(settings, { what: made.file, into }, new Date(), noTick)).toMatchObject({ file: made.file });
  remote.objects.set(key, sound);
});

test('a store that does not let a file of the log be read ends the restore: that is not the end of the log', async () => {
  const into = join(folder, 'half');
  remote.fail(403, ({ method, key }) => method === 'GET' && /\/wal\/\d+\/[0-9A-F]{24}\.gz$/.test(key), 100);
  const restoring = restore(machine('cannot-read'), { what: 'latest', into }, new Date(), noTick);
  await expect(restoring).rejects.toThrow(/wal\/\d+\/[0-9A-F]{24}\.gz: it refuses with 403 AccessDenied$/);
  remote.heal();
  expect(existsSync(into)).toBe(false);
});
