import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import pg from 'pg';
import { settleTicks } from '../../queues/timetable/settle-ticks.ts';
import { timetable } from '../../queues/timetable/timetable.ts';
import { auditBooks } from '../../sql/audit/audit.ts';
import { embeddedUrl } from '../../sql/database/embedded.ts';
import { backUp } from '../../workers/backups/back-up.ts';
import { fileErasures } from '../../workers/backups/erasures.ts';
import { restore } from '../../workers/backups/restore.ts';
import { verifyNewest } from '../../workers/backups/verify.ts';
import { erase } from '../../workers/people/erase.ts';
import { inDays, today } from '../support/days.ts';
import { eventually } from '../support/eventually.ts';
import { archivingStudio, noTick } from './archiving-studio.ts';

const ZONE = 'Europe/Moscow';
let studio: Awaited<ReturnType<typeof archivingStudio>>;
/** The moment before the disaster. */
let moment: string;

async function any<R extends object>(query: string): Promise<R[]> {
  const client = new pg.Client({ connectionString: embeddedUrl(studio.dataDir) });
  await client.connect();
  try {
    return (await client.query(query)).rows;
  } finally {
    await client.end();
  }
}
const number = async (query: string) => (await any<{ count: number }>(query))[0]?.count;
const run = any;
const person = (name: string) => run(`insert into users (first_name, last_name) values ('${name}', 'Drill')`);
const people = async () =>
  (await any<{ name: string }>(`select first_name as name from users where last_name = 'Drill' order by id`)).map(
    ({ name }) => name,
  );
const waiting = (key: string) =>
  run(`insert into notifications (chat_id, template, params, dedupe_key, send_after)
    values (1001, 'worker_down', '{"worker": "x", "seconds": 60}', '${key}', now() + interval '1 hour')`);
const backup = () => backUp(studio.db, studio.settings, today(), new Date(), noTick);
const restored = (wish: Parameters<typeof restore>[1]) => restore(studio.settings, wish, new Date(), noTick);

const archivedLog = () =>
  readdirSync(join(studio.backupDir, 'wal'), { recursive: true, encoding: 'utf8' }).map((name) => basename(name));

/** What is written by now reaches the archive, as it does by itself within five minutes. */
async function archiveAll() {
  const [row] = await any<{ wal: string }>(`select pg_walfile_name(pg_switch_wal()) as wal`);
  await eventually(async () => archivedLog().includes(`${row?.wal}.gz`));
}

beforeAll(async () => {
  studio = await archivingStudio();
  const threeHoursAgo = new Date(Date.now() - 3 * 3_600_000);
  await settleTicks(studio.db, timetable, ZONE, threeHoursAgo);
  await person('before the backup');
  await waiting('before the backup');
  await backup();
  await person('after the backup');
  await waiting('after the backup');
  await run(`insert into sessions (user_id, token_hash, opened_by, seen_at, expires_at)
    select id, sha256('x'), 'password', now(), now() + interval '1 day' from users where last_name = 'Drill' limit 1`);
  const [row] = await any<{ at: Date }>('select clock_timestamp() as at');
  moment = new Date((row?.at.getTime() ?? 0) + 2).toISOString();
  await eventually(async () => (await number(`select (clock_timestamp() > '${moment}')::int as count`)) === 1);
  await person('a second too late');
  await run('drop table student_subscriptions cascade');
  await archiveAll();
  await studio.stop('SIGKILL');
});
afterAll(() => studio.close());

test('a database that is there is not written over', async () => {
  await expect(restored({ what: 'latest' })).rejects.toMatchObject({
    kind: 'conflict',
    message: expect.stringMatching(/holds a database: stop the fleet and move/),
  });
  await expect(restored({ what: 'latest', into: studio.dataDir })).rejects.toMatchObject({ kind: 'conflict' });
});

test('restored to the moment before the disaster, everything of then is there and nothing of later', async () => {
  rmSync(join(studio.dataDir, 'postgres'), { recursive: true });
  rmSync(join(studio.dataDir, 'postgres.json'));
  const done = await restored({ what: 'latest', at: moment });
  expect(done).toMatchObject({ isInPlace: true, sessions: 1 });
  await studio.start();
  expect(await people()).toEqual(['before the backup', 'after the backup']);
  expect(await number('select count(*)::int from student_subscriptions')).toBeGreaterThan(0);
  expect(await auditBooks(studio.db, today())).toEqual([]);
});

test('nothing that waited is sent, and everybody signs in anew', async () => {
  expect(
    await any<{ dedupe_key: string }>(`
    select dedupe_key, status, error from notifications where dedupe_key like '%the backup' order by id`),
  ).toEqual([
    { dedupe_key: 'before the backup', status: 'skipped', error: 'restored' },
    { dedupe_key: 'after the backup', status: 'skipped', error: 'restored' },
  ]);
  expect(await number(`select count(*)::int from notifications where status = 'pending'`)).toBe(0);
  expect(await number('select count(*)::int from sessions')).toBe(0);
});

test('ticks that were missed follow their policy; only reminders and digests are skipped because of the restore', async () => {
  const inTwoDays = new Date(Date.now() + 2 * 86_400_000);
  const skipped = await any<{ schedule: string; count: number }>(
    `select schedule, count(*)::int from schedule_ticks where reason = 'restored' group by schedule order by schedule`,
  );
  // That of the month has a tick on a first day only.
  expect(skipped.map(({ schedule }) => schedule).filter((name) => name !== 'month_digest')).toEqual(['digest', 'reminders']);
  expect(skipped.find(({ schedule }) => schedule === 'reminders')?.count).toBeGreaterThanOrEqual(12);
  await settleTicks(studio.db, timetable, ZONE, inTwoDays);
  expect(await number(`select count(*)::int from schedule_ticks where schedule = 'daily' and outcome = 'caught_up'`)).toBe(1);
  await run(`delete from automated_process_history where status = 'queued'`);
});

test('backups go on after a restore, no two restores take the same timeline, and whoever was erased since is erased again', async () => {
  await person('to be erased');
  const next = await backup();
  expect(next.wal?.first.slice(0, 8)).toBe('00000002');
  await verifyNewest(studio.db, studio.settings, new Date(), noTick);
  const id = (await number(`select id as count from users where first_name = 'to be erased'`)) as number;
  await studio.db.transaction((transaction) => erase(transaction, id, { by: 'desk', now: new Date() }));
  await fileErasures(studio.db, studio.backupDir);
  const into = join(studio.dataDir, 'elsewhere');
  const elsewhere = await restored({ what: join(studio.backupDir, next.file), into });
  expect(elsewhere).toMatchObject({ isInPlace: false, into, erasures: 1 });
  expect(JSON.parse(readFileSync(join(into, 'postgres.json'), 'utf8')).password).not.toBe(
    JSON.parse(readFileSync(join(studio.dataDir, 'postgres.json'), 'utf8')).password,
  );
  const histories = archivedLog().filter((name) => name.includes('history'));
  expect(histories.sort()).toEqual(['00000002.history.gz', '00000003.history.gz']);
});

test('a restore that is impossible is refused in words and leaves nothing behind', async () => {
  const into = join(studio.dataDir, 'nothing');
  const refused = (wish: Parameters<typeof restore>[1], words: RegExp) =>
    expect(restored({ ...wish, into: wish.into ?? into })).rejects.toThrow(words);
  await refused({ what: 'latest', at: `${inDays(-3)}T00:00:00Z` }, /no backup .* that ended before .*; the oldest one ended at/);
  await refused({ what: 'latest', at: `${inDays(3)}T00:00:00Z` }, /the archive ends before/);
  await refused({ what: 'nightly/nothing.tar.gz' }, /there is no such backup/);
  await refused({ what: 'latest', into: 'postgres://localhost/studio' }, /name an empty folder with --into/);
  const damaged = await backup();
  const path = join(studio.backupDir, damaged.file);
  const bytes = readFileSync(path);
  bytes[1_000] = (bytes[1_000] as number) ^ 1;
  writeFileSync(path, bytes);
  await refused({ what: path }, /is damaged/);
  await expect(verifyNewest(studio.db, studio.settings, new Date(), noTick)).rejects.toThrow(/is damaged/);
  mkdirSync(into, { recursive: true });
  expect(readdirSync(into)).toEqual([]);
});
