import { afterAll, beforeAll, expect, test } from '@jest/globals';
import pg from 'pg';
import { z } from 'zod';
import type { Backend } from '../../queues/backend/backend.ts';
import { runs } from '../../queues/jobs/catalog.ts';
import { parseSettings } from '../../queues/process/settings.ts';
import { auditBooks } from '../../sql/audit/audit.ts';
import { type Database, sql } from '../../sql/database/database.ts';
import { knownServices } from '../../workers/vending/services.ts';
import { refill, setStockLevels } from '../../workers/vending/stock.ts';
import { lab } from '../faults/lab.ts';
import type { Trade } from '../faults/trades.ts';
import { backendKinds } from '../support/backends.ts';
import { eventually } from '../support/eventually.ts';
import { type FakeVendista, fakeVendista, saleRow } from '../support/vendista.ts';
import { KEYS, vendingWorld } from './stage.ts';

/** `kill -9` at every commit of an import: each page, the end of a window, the end of an owner (V9). */
const OWNERS = 2;
const PAGES = 3;
const PER_PAGE = 4;
const NOW = Math.floor(Date.now() / 60_000) * 60_000;
let fake: FakeVendista;
beforeAll(async () => {
  fake = await fakeVendista();
  fake.perPage(PER_PAGE);
  for (let owner = 1; owner <= OWNERS; owner += 1) {
    const { rows } = fake.account(`killed${owner}`);
    for (let n = 0; n < PAGES * PER_PAGE; n += 1) {
      const item = n % 5 === 4 ? 99 : 7;
      rows.push(
        saleRow(n + 1, {
          at: new Date(NOW - (100 - n) * 60_000),
          machine_item: [{ machine_item_id: item, quantity: 1 + (n % 2) }],
        }),
      );
    }
  }
});
afterAll(() => fake.close());

const request = () => ({
  ...runs.vending_import.request({}, '2026-01-01', new Date(NOW)),
  process_type: 'vending_import',
});
const environment = () => ({ VENDING_API_ROOT: fake.root, VENDING_KEYS: KEYS, VENDING_CALL_MS: '0' });

const trade: Trade = {
  noun: 'vending',
  async build(db) {
    const world = vendingWorld(db, fake, parseSettings({ VENDING_KEYS: KEYS }), knownServices);
    for (let n = 1; n <= OWNERS; n += 1) {
      const owner = await world.owner(`killed${n}`);
      const { id, machine } = (await world.terminals(owner, 1)).get(1)!;
      const beans = await world.ingredient(owner, 'Кофе');
      await world.recipe(owner, id, 7, { [beans]: 8_000 });
      const at = { placeId: machine, ingredientId: beans };
      const actor = { by: 'test', chatIds: [], now: new Date() };
      await db.transaction((transaction) => refill(transaction, { ...at, quantity: 100_000 }, actor));
      await db.transaction((transaction) => setStockLevels(transaction, { ...at, capacity: 200_000, critical: 50_000 }, actor));
    }
    // Every commit of a run is numbered by its attempt; the one that a test names waits until it is let go.
    await db.query(sql.unsafe`create sequence test_commits`);
    await db.query(sql.unsafe`create table test_stop (n integer not null)`);
    await db.query(sql.unsafe`insert into test_stop values (0)`);
    await db.query(sql.unsafe`
      create function test_stops() returns trigger language plpgsql as $$
      begin
        if nextval('test_commits') = (select n from test_stop) then perform pg_advisory_xact_lock(4242); end if;
        return new;
      end $$`);
    await db.query(sql.unsafe`
      create trigger test_stops before update of progress on automated_process_history for each row
        when (new.progress is not null) execute function test_stops()`);
  },
  request,
  rows: fingerprint,
  account: ({ status, result }) => {
    const { added, updated, deducted, needs_recipe, sales, tasks_created, owners, owners_failed } = result as Record<
      string,
      unknown
    >;
    return { status, added, updated, deducted, needs_recipe, sales, tasks_created, owners, owners_failed };
  },
};

function fingerprint(db: Database) {
  return db.one(sql.type(z.record(z.string(), z.string()))`
    select
      (select md5(string_agg(concat_ws('|', owner_id, vendista_id, sum_minor, happened_at, status, stock_state), E'\n' order by owner_id, vendista_id))
        from vending_transactions) as sales,
      (select md5(string_agg(concat_ws('|', owner_id, vendista_id, line_no, machine_item_id, quantity, stock_state), E'\n'
        order by owner_id, vendista_id, line_no)) from vending_transaction_items) as items,
      (select md5(string_agg(concat_ws('|', owner_id, place_id, ingredient_id, delta_milli, shortfall_milli, reason, vendista_id, line_no, round), E'\n'
        order by owner_id, place_id, vendista_id, line_no, reason)) from stock_entries) as entries,
      (select md5(string_agg(concat_ws('|', place_id, ingredient_id, quantity_milli), E'\n' order by place_id, ingredient_id)) from inventories) as stock,
      (select md5(string_agg(concat_ws('|', terminal_id, origin, status), E'\n' order by terminal_id)) from vending_tasks) as tasks,
      (select md5(string_agg(concat_ws('|', template, user_id, params - 'task_id'), E'\n' order by template, user_id)) from notifications
        where template like 'vending%') as messages`);
}

async function undisturbed(kind: Backend['kind']) {
  const at = await lab(kind, { trade });
  try {
    await at.worker(environment());
    const run = await at.over(await at.ask());
    const commits = await at.db.oneFirst(sql.type(z.object({ n: z.int() }))`select last_value::int as n from test_commits`);
    return { rows: await fingerprint(at.db), says: trade.account(run), commits };
  } finally {
    await at.close();
  }
}

test.each(backendKinds)(
  'on %s: killed at every commit, the end is that of an import which nothing disturbs',
  async (kind) => {
    const reference = await undisturbed(kind);
    expect(reference.commits).toBe(OWNERS * (PAGES + 2));
    expect(reference.says).toMatchObject({ status: 'success', added: OWNERS * PAGES * PER_PAGE, owners: OWNERS });
    const at = await lab(kind, { trade });
    const holder = new pg.Client({ connectionString: at.url });
    await holder.connect();
    try {
      const run = await at.ask();
      let kills = 0;
      // Counted from where each life goes on, so the kills wander through pages, windows and owners.
      for (let stop = 1; stop <= PAGES + 2; stop += 1) {
        await holder.query('select pg_advisory_lock(4242)');
        await holder.query('update test_stop set n = $1', [stop]);
        await holder.query(`select setval('test_commits', 1, false)`);
        if (stop > 1) await at.enqueue(run, stop);
        const worker = await at.worker(environment());
        const waiting = `select pid from pg_stat_activity where datname = current_database() and wait_event = 'advisory'`;
        const pid = await eventually(async () => (await holder.query(waiting)).rows[0]?.pid);
        await worker.kill();
        kills += 1;
        await holder.query('update test_stop set n = 0');
        await holder.query('select pg_advisory_unlock(4242)');
        await eventually(async () => (await holder.query('select from pg_stat_activity where pid = $1', [pid])).rowCount === 0);
      }
      await at.enqueue(run, PAGES + 3);
      await at.worker(environment());
      const ended = await at.over(run);
      expect({ rows: await fingerprint(at.db), says: trade.account(ended) }).toEqual({
        rows: reference.rows,
        says: reference.says,
      });
      expect(ended.interruptions).toBe(kills);
      expect(await auditBooks(at.db, '2026-01-01')).toEqual([]);
    } finally {
      await holder.end();
      await at.close();
    }
  },
  600_000,
);

test.each(backendKinds)('on %s: of two hosts that are woken for one import, one reads, and each page once', async (kind) => {
  const at = await lab(kind, { trade });
  const before = fake.asked.length;
  try {
    const run = await at.ask();
    await at.enqueue(run, 2);
    await Promise.all([at.worker(environment()), at.worker(environment())]);
    const ended = await at.over(run);
    await eventually(async () => (await at.job(run, 1))?.finishedOn && (await at.job(run, 2))?.finishedOn);
    expect(trade.account(ended)).toMatchObject({ status: 'success', added: OWNERS * PAGES * PER_PAGE, owners: OWNERS });
    expect(ended.interruptions).toBe(0);
    const pages = fake.asked.slice(before).flatMap(({ path, query }) => (path.endsWith('/transactions') ? [query] : []));
    expect(pages).toHaveLength(OWNERS * PAGES);
    expect(await auditBooks(at.db, '2026-01-01')).toEqual([]);
  } finally {
    await at.close();
  }
});
