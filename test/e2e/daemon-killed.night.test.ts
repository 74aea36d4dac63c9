import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, expect, jest, test } from '@jest/globals';
import { z } from 'zod';
import { timetable } from '../../queues/timetable/timetable.ts';
import { openDatabase, sql } from '../../sql/database/database.ts';
import { embeddedUrl } from '../../sql/database/embedded.ts';
import { account, askOnce } from '../chaos/asked.ts';
import { leftOut, ZONE } from '../chaos/chaos-fleet.ts';
import { compareTicks, countEffects, notOver } from '../chaos/checks.ts';
import { eventually } from '../support/eventually.ts';
import { ownFleet } from '../support/fleet.ts';

/* A whole fleet is started twice, which takes minutes: it is played at night. */
jest.setTimeout(900_000);
const fleet = await ownFleet({ RATE_LIMIT_PER_MINUTE: '1000000' });
afterAll(() => fleet.end());

const isAlive = (pid: number) => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

/** Something is done with the fleet's database, wherever that listens now. */
async function inDatabase<T>(work: (db: Awaited<ReturnType<typeof openDatabase>>) => Promise<T>) {
  const db = await openDatabase(embeddedUrl(join(fleet.dir, 'data')), { max: 1 });
  return work(db).finally(() => db.end());
}

/** Those that have had no tick yet have been known for a day: their ticks of that day are to be caught up. Returns how many have some. */
const ageTimetable = () =>
  inDatabase(async (db) => {
    const names = timetable.map(({ name }) => name).filter((name) => !leftOut(name));
    const { rowCount } = await db.query(sql.unsafe`
      update schedules set known_since = known_since - interval '1 day'
      where name = any(${sql.array(names, 'text')}) and not exists (select from schedule_ticks where schedule = name)`);
    return rowCount;
  });
/** Ticks without a row; the latest ones may still be under way. */
const lostTicks = () => inDatabase((db) => compareTicks(db, ZONE, new Date(Date.now() - 15_000)));
const openRuns = async () => (await inDatabase(notOver)).filter((what) => what.startsWith('lost: the run'));

/**
 * Payments, one after the other, noted outside of the fleet with their answers; what is not answered is asked again under its key, by
 * `answered` to the end.
 */
async function payUnderway() {
  const [payer] = await inDatabase((db) =>
    db.anyFirst(sql.type(z.object({ id: z.int() }))`select id from students order by id limit 1`),
  );
  const made = account();
  const where = { url: fleet.url, keys: [fleet.key()] };
  let isOver = false;
  async function pay() {
    while (!isOver) {
      const description = `chaos-${made.entries.length + 1}`;
      const body = { student_id: payer, amount_minor: 100, method: 'cash', description };
      const asked = made.note({ kind: 'payment', path: '/api/payments', body });
      while (!(await askOnce(where, made, asked)) && !isOver) await pause(250);
      await pause(50);
    }
  }
  const lanes = Promise.all([pay(), pay()]);
  return {
    made,
    end() {
      isOver = true;
      return lanes;
    },
    answered: () =>
      eventually(async () => {
        for (const asked of made.open()) await askOnce(where, made, asked);
        return made.open().length === 0;
      }),
  };
}

test('when PM2’s daemon is killed, its apps end, and one start brings everything back with nothing lost', async () => {
  expect(await fleet.npm('start')).toMatchObject({ code: 0 });
  const load = await payUnderway();
  try {
    await eventually(() => load.made.granted() > 5);
    const { postgres, ...apps } = await fleet.pids();
    const asked = await fleet.ask('POST', '/real-trainings/generate-next-week', { again: true });
    expect(asked.status).toBe(202);
    process.kill(Number(readFileSync(join(fleet.dir, 'pm2', 'pm2.pid'), 'utf8')), 'SIGKILL');
    await eventually(() => Object.values(apps).every((pid) => !isAlive(pid)));
    // Its server has lost whoever looked after it, and nobody else may take its place as long as it lives.
    expect(isAlive(Number(postgres))).toBe(true);
    expect(await ageTimetable()).toBeGreaterThan(5);

    const { code, stdout, stderr } = await fleet.npm('start');
    expect({ code, stderr, words: /nobody looks after/.test(stdout) }).toEqual({ code: 0, stderr: '', words: true });
    expect(isAlive(Number(postgres))).toBe(false);
    const run = await eventually(async () => {
      const { body } = await fleet.ask('GET', `/process-history/${asked.body.run_id}`);
      return ['success', 'partial'].includes(body.status) ? body : null;
    });
    expect(run).toBeTruthy();
  } finally {
    await load.end();
  }
  await load.answered();
  expect(load.made.entries.filter(({ tries }) => tries > 1)).not.toEqual([]);
  expect(load.made.granted()).toBe(load.made.entries.length);
  expect(await inDatabase((db) => countEffects(db, load.made, true))).toEqual([]);
  // What was missed is decided, and done.
  await eventually(async () => (await lostTicks()).length === 0).catch(() => undefined);
  expect(await lostTicks()).toEqual([]);
  await eventually(async () => (await openRuns()).length === 0, 240).catch(() => undefined);
  expect(await openRuns()).toEqual([]);
  expect(await fleet.npm('audit')).toMatchObject({ code: 0 });
  expect(await fleet.npm('start')).toMatchObject({ code: 0, stderr: '' });
});
