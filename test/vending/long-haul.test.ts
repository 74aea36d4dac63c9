import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { z } from 'zod';
import { sql } from '../../sql/database/database.ts';
import { shutGate, takeGateTurn } from '../../sql/vending/gate.ts';
import { findVendingOwner } from '../../sql/vending/owners.ts';
import { type VendingStage, vendingStage } from './stage.ts';

/** What only shows over months, with odd rows, or with a clock that was wrong. */
let at: VendingStage;
beforeAll(async () => {
  at = await vendingStage();
});
afterAll(() => at.close());

const DAY_MS = 86_400_000;
const daysAgo = (days: number) => new Date(Date.now() - days * DAY_MS);
let shops = 0;
async function shop() {
  shops += 1;
  const login = `long${shops}`;
  const account = at.fake.account(login);
  const owner = await at.owner(login);
  await at.terminals(owner, 1);
  const asked = (path: string, since = 0) => at.fake.asked.slice(since).filter((one) => one.path === path);
  return {
    account,
    owner,
    asked,
    import: (body: Record<string, unknown> = {}, now = new Date()) => at.importAll(now, { owner_id: owner.id, ...body }),
    kept: async () => (await findVendingOwner(at.db, owner.id))!,
    sync: () => at.run('vending_terminals', { owner_id: owner.id }),
  };
}
const told = (template: string, ownerId: number) =>
  at.db.oneFirst(sql.type(z.object({ n: z.int() }))`
    select count(*)::int as n from notifications where template = ${template} and (params ->> 'owner_id')::int = ${ownerId}`);

test('a gate whose turn lies far ahead, since a clock went back, is not waited for', async () => {
  await takeGateTurn(at.db, 'ahead', 1_100);
  await at.db.query(
    sql.unsafe`update vending_gates set free_at = now() + interval '2 hours', closed_until = now() + interval '2 hours' where service = 'ahead'`,
  );
  expect(await takeGateTurn(at.db, 'ahead', 1_100)).toBeLessThan(1_100);
  // As long as a service may ask for, it is.
  await shutGate(at.db, 'closed', 900);
  expect(await takeGateTurn(at.db, 'closed', 1_100)).toBeGreaterThan(890_000);
});
