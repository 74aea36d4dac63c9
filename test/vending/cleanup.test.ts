import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { z } from 'zod';
import { sql } from '../../sql/database/database.ts';
import { hideVendingTasks } from '../../sql/vending/tasks.ts';
import { type VendingStage, vendingStage } from './stage.ts';

let at: VendingStage;
beforeAll(async () => {
  at = await vendingStage();
});
afterAll(() => at.close());

test('tasks done before the day began are hidden, never deleted; open ones stay (V27)', async () => {
  const owner = await at.owner('hiding');
  const terminal = (await at.terminals(owner, 1)).get(1)!;
  const day = '2026-11-26T21:00:00.000Z';
  const add = (status: string, done: string | null) =>
    at.db.query(sql.unsafe`
      insert into vending_tasks (owner_id, terminal_id, origin, status, created_by, completed_at)
      values (${owner.id}, ${terminal.id}, 'manual', ${status}, 'test', ${done}::timestamptz)`);
  await add('completed', '2026-11-26T20:59:59.999Z');
  await add('completed', day);
  await add('pending', null);
  const hidden = () =>
    at.db.anyFirst(sql.type(z.object({ is_hidden: z.boolean() }))`
      select hidden_at is not null as is_hidden from vending_tasks where owner_id = ${owner.id} order by id`);
  expect(await hideVendingTasks(at.db, day, 100)).toBe(1);
  expect(await hideVendingTasks(at.db, day, 100)).toBe(0);
  expect(await hidden()).toEqual([true, false, false]);
});
