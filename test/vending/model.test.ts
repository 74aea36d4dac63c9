import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { z } from 'zod';
import { auditBooks } from '../../sql/audit/audit.ts';
import { sql } from '../../sql/database/database.ts';
import { countStock, refill } from '../../workers/vending/stock.ts';
import { rounds, sequences } from '../support/nightly-only.ts';
import { moscowTime } from '../support/vendista.ts';
import { type ModelRow, vendingModel } from './model.ts';
import { type VendingStage, vendingStage } from './stage.ts';

/** A plain slow model of sales and stock against random histories (V12-V21): equal after each import, whatever the order of windows. */
let at: VendingStage;
beforeAll(async () => {
  at = await vendingStage();
});
afterAll(() => at.close());

const DAY_MS = 86_400_000;
const DAYS = 5;
const TERMS = [1, 2];
const rowFields = {
  term: fc.constantFrom(1, 1, 1, 2, 9),
  sum: fc.constantFrom(0, 500, 900, 900, -900),
  result: fc.constantFrom(1, 1, 1, 1, 0, -1),
  status: fc.constantFrom(1, 1, 1, 2, 4, 5),
  reverse: fc.constantFrom(0, 0, 0, 77),
  comment: fc.constantFrom('a', 'b'),
  items: fc.array(fc.tuple(fc.constantFrom(7, 8), fc.integer({ min: 1, max: 3 })), { maxLength: 2 }),
};
const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('row' as const),
      id: fc.integer({ min: 1, max: 12 }),
      day: fc.integer({ min: 0, max: DAYS - 1 }),
      ...rowFields,
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('vanish' as const), id: fc.integer({ min: 1, max: 12 }) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('refill' as const),
      term: fc.constantFrom(...TERMS),
      ingredient: fc.constantFrom(0, 1),
      quantity: fc.integer({ min: 1, max: 40 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('count' as const),
      term: fc.constantFrom(...TERMS),
      ingredient: fc.constantFrom(0, 1),
      quantity: fc.integer({ min: 0, max: 30 }),
      day: fc.integer({ min: 0, max: DAYS }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('recipe' as const),
      term: fc.constantFrom(...TERMS),
      item: fc.constantFrom(7, 8),
      hidden: fc.constantFrom(false, false, false, true),
      parts: fc.array(fc.tuple(fc.constantFrom(0, 1), fc.integer({ min: 1, max: 9 })), { maxLength: 2 }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('import' as const),
      from: fc.integer({ min: 0, max: DAYS - 1 }),
      days: fc.integer({ min: 1, max: DAYS }),
    }),
  },
);

let shops = 0;

test('sales and stock are what the model says after each import', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 25 }), fc.boolean(), async (steps, refundReturns) => {
      shops += 1;
      const login = `model${shops}`;
      const account = at.fake.account(login);
      // Whole seconds: a window's ends have no fractions.
      const base = Math.floor(Date.now() / 1_000) * 1_000 - (DAYS + 1) * DAY_MS;
      const stockFrom = base + DAY_MS / 2;
      const owner = await at.owner(login, { stockFrom: new Date(stockFrom), refundReturns });
      const machines = await at.terminals(owner, ...TERMS);
      const ingredients = [await at.ingredient(owner, 'Кофе'), await at.ingredient(owner, 'Молоко')];
      const model = vendingModel({ stockFrom, refundReturns, terminals: TERMS });
      const there = new Map<number, ModelRow>();
      const place = (term: number) => machines.get(term)!.machine;
      const by = (now: number) => ({ by: 'test', chatIds: [], now: new Date(now) });
      const inTransaction = (work: (transaction: VendingStage['db']) => Promise<unknown>) =>
        at.db.transaction((transaction) => work(transaction as never));

      for (const action of steps) {
        if (action.do === 'row') {
          const { do: _, day, ...fields } = action;
          there.set(action.id, { ...fields, at: base + day * DAY_MS + 3_600_000 + action.id * 1_000 });
        } else if (action.do === 'vanish') there.delete(action.id);
        else if (action.do === 'refill') {
          const { term, ingredient, quantity } = action;
          await inTransaction((transaction) =>
            refill(transaction, { placeId: place(term), ingredientId: ingredients[ingredient]!, quantity }, by(Date.now())),
          );
          model.refill(term, ingredient, quantity);
        } else if (action.do === 'count') {
          const { term, ingredient, quantity } = action;
          const when = base + action.day * DAY_MS;
          await inTransaction((transaction) =>
            countStock(transaction, { placeId: place(term), ingredientId: ingredients[ingredient]!, quantity }, by(when)),
          );
          model.count(term, ingredient, quantity, when);
        } else if (action.do === 'recipe') {
          const parts = new Map(action.parts);
          const wanted = Object.fromEntries([...parts].map(([ingredient, quantity]) => [ingredients[ingredient]!, quantity]));
          await at.recipe(owner, machines.get(action.term)!.id, action.item, wanted, action.hidden);
          model.recipe(
            action.term,
            action.item,
            action.hidden,
            [...parts].map(([ingredient, quantity]) => ({ ingredient, quantity })),
          );
          await at.run('vending_deduction', { owner_id: owner.id });
          model.deduct();
        } else {
          const from = base + action.from * DAY_MS;
          const to = from + action.days * DAY_MS;
          account.rows = [...there.values()].map((row) => ({
            id: row.id,
            term_id: row.term,
            time: moscowTime(new Date(row.at)),
            sum: row.sum,
            result: row.result,
            status: row.status,
            reverse_id: row.reverse,
            terminal_comment: row.comment,
            machine_item: row.items.map(([machine_item_id, quantity]) => ({ machine_item_id, quantity })),
          }));
          const run = await at.importAll(new Date(), {
            owner_id: owner.id,
            from: new Date(from).toISOString(),
            to: new Date(to).toISOString(),
          });
          expect(run.status).toBe('success');
          model.page([...there.values()].filter((row) => row.at >= from && row.at <= to));
          expect((await at.sales(owner)).map(({ id, status, sum, state }) => [id, status, sum, state])).toEqual(model.rows());
          expect(await at.counted(owner)).toEqual(model.sold());
        }
        const rows = await at.db.any(sql.type(z.object({ term: z.int(), ingredient: z.int(), quantity: z.int() }))`
          select terminal.vendista_id as term, ingredient_id as ingredient, quantity_milli as quantity
          from inventories join stock_places place on place.id = place_id join vending_terminals terminal on terminal.id = terminal_id
          where inventories.owner_id = ${owner.id}`);
        const stock = rows.map(({ term, ingredient, quantity }) => [`${term}:${ingredients.indexOf(ingredient)}`, quantity]);
        expect(stock.sort()).toEqual(model.stock());
      }
    }),
    { numRuns: rounds({ daily: 25, nightly: 500 }), ...sequences },
  );
  expect(await auditBooks(at.db, '2026-01-01')).toEqual([]);
}, 1_800_000);
