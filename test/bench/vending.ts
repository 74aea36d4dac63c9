import { z } from 'zod';
import { parseSettings } from '../../queues/process/settings.ts';
import { openDatabase, sql } from '../../sql/database/database.ts';
import type { Services } from '../../workers/vending/calls.ts';
import type { SaleRow, ServicePage, Telemetry } from '../../workers/vending/telemetry.ts';
import type { FakeVendista } from '../support/vendista.ts';
import { KEYS, vendingWorld } from '../vending/stage.ts';
import { mostResident, ms, report, timed, times } from './measure.ts';

const PER_PAGE = 500;
const TERMINALS = 4;

/**
 * Importing sales with their stock against writing the bare rows: sales, lines and entries, a page a transaction. The service answers at
 * once, from memory. The floor has the same keys: their checks alone cost as much as the rows. By default a fifth of 100,000 sales of 200
 * owners; with `--scale` all of them.
 */
export async function benchVending(url: string, isScaled: boolean) {
  const [owners, each] = isScaled ? [200, 500] : [40, 500];
  const db = await openDatabase(url, { name: 'bench' });
  const now = Date.now();
  const rowsOf = (owner: number): SaleRow[] =>
    Array.from({ length: each }, (_, n) => ({
      vendista_id: owner * 1_000_000 + n,
      terminal: 1 + (n % TERMINALS),
      sum: 900,
      happened_at: new Date(now - (each - n) * 60_000).toISOString(),
      result: 1,
      status: 1,
      reverse_id: 0,
      card: '2200********1234',
      comment: 'cafe',
      items: [{ line_no: 0, item: 7, quantity: 1 }],
    }));
  let reading = 0;
  const telemetry: Telemetry = {
    token: async (login) => ({ is: 'good', value: login }),
    sales: async (token, _window, page) => {
      const all = rowsOf(Number(token));
      reading = Number(token);
      const value: ServicePage = {
        rows: all.slice((page - 1) * PER_PAGE, page * PER_PAGE),
        count: all.length,
        perPage: PER_PAGE,
      };
      return { is: 'good', value };
    },
    terminals: async () => ({ is: 'good', value: { rows: [], count: 0, perPage: PER_PAGE } }),
    idOf: (raw) => (raw as SaleRow).vendista_id,
    readSale: (raw) => raw as SaleRow,
    readTerminal: () => null,
  };
  const pace = { service: 'bench', callMs: 0, retryMs: [], tooManySeconds: 1, secondMs: 1 };
  const services: Services = () => ({ telemetry, pace });
  const settings = parseSettings({ VENDING_KEYS: KEYS });
  const world = vendingWorld(db, undefined as unknown as FakeVendista, settings, services);
  for (let n = 1; n <= owners; n += 1) {
    const owner = await world.owner(String(n));
    const machines = await world.terminals(owner, ...Array.from({ length: TERMINALS }, (_, term) => term + 1));
    const parts = [await world.ingredient(owner, 'Кофе'), await world.ingredient(owner, 'Молоко')];
    for (const { id, machine } of machines.values()) {
      await world.recipe(owner, id, 7, Object.fromEntries(parts.map((part) => [part, 8_000])));
      for (const part of parts) {
        await db.query(
          sql.unsafe`insert into inventories (owner_id, place_id, ingredient_id) values (${owner.id}, ${machine}, ${part})`,
        );
        await db.query(sql.unsafe`
          insert into stock_entries (owner_id, place_id, ingredient_id, delta_milli, reason, created_by)
          values (${owner.id}, ${machine}, ${part}, 10000000, 'refill', 'bench')`);
      }
    }
  }
  await db.query(sql.unsafe`analyze`);
  const imported = await timed(() => world.importAll());
  const counted = await db.one(sql.type(z.object({ sales: z.int(), entries: z.int() }))`
    select (select count(*)::int from vending_transactions) as sales,
      (select count(*)::int from stock_entries where reason = 'sale') as entries`);
  if (counted.sales !== owners * each || counted.entries !== owners * each * 2 || reading === 0)
    throw new Error(`not everything was imported: ${JSON.stringify(counted)}`);
  const memory = mostResident();
  const again = await timed(() => world.importAll(new Date(now + 900_000)));
  for (const [bare, of] of [
    ['bare_sales', 'vending_transactions'],
    ['bare_items', 'vending_transaction_items'],
    ['bare_entries', 'stock_entries'],
  ] as const)
    await db.query(
      sql.unsafe`create table ${sql.identifier([bare])} (like ${sql.identifier([of])} including indexes including constraints)`,
    );
  const bare = await timed(writeAllBare);
  await db.query(sql.unsafe`truncate bare_sales, bare_items, bare_entries`);
  await db.query(sql.unsafe`alter table bare_sales add foreign key (owner_id) references vending_owners`);
  await db.query(sql.unsafe`alter table bare_items add foreign key (owner_id, vendista_id) references bare_sales`);
  await db.query(sql.unsafe`
    alter table bare_entries add foreign key (owner_id, place_id) references stock_places (owner_id, id),
      add foreign key (owner_id, ingredient_id) references ingredients (owner_id, id),
      add foreign key (owner_id, vendista_id) references bare_sales`);
  const keyed = await timed(writeAllBare);

  async function writeAllBare() {
    for (let n = 1; n <= owners; n += 1) await bareWrites(n);
  }

  /** The same rows, read from what the import wrote, into tables with the same indexes, a page a transaction. */
  async function bareWrites(owner: number) {
    await db.transaction(async (transaction) => {
      await transaction.query(sql.unsafe`insert into bare_sales select * from vending_transactions where owner_id = ${owner}`);
      await transaction.query(
        sql.unsafe`insert into bare_items select * from vending_transaction_items where owner_id = ${owner}`,
      );
      await transaction.query(
        sql.unsafe`insert into bare_entries select * from stock_entries where owner_id = ${owner} and reason = 'sale'`,
      );
    });
  }
  report(`importing ${counted.sales} sales of ${owners} owners`, ms(imported));
  report('the bare writes of the same rows', ms(bare));
  report('ratio', times(imported / bare));
  report('the bare writes with the foreign keys that keep owners apart', ms(keyed));
  report('ratio', times(imported / keyed), 'aim: at most 2.5 x');
  report('importing them again, nothing new', ms(again));
  report('most memory', `${memory} MB`);
  await db.query(
    sql.unsafe`update stock_entries set notified_at = now() where id not in (select id from stock_entries order by id limit 10000)`,
  );
  await db.query(sql.unsafe`vacuum analyze stock_entries`); // What autovacuum has done long before a real fleet has this many.
  const digest = await timed(() => world.run('vending_digest'));
  report('digest of 10,000 changes', ms(digest), 'aim: under 1 s');
  await db.end();
}
