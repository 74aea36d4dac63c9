import { EVERYTHING } from '../../sql/auth/whose.ts';
import type { Sql } from '../../sql/database/database.ts';
import { lockVendingOwner } from '../../sql/vending/owners.ts';
import { findPlaces, listStock, ownerOfIngredient, warehouseOf } from '../../sql/vending/stock.ts';
import {
  completeVendingTask,
  findVendingTask,
  insertVendingTask,
  isRefilledSince,
  type VendingTask,
} from '../../sql/vending/tasks.ts';
import { findTerminalPlaces, ownerOfTerminal } from '../../sql/vending/terminals.ts';
import { Refused } from '../refusal.ts';
import { notifyOfTask } from './notices.ts';
import { moveStock, type StockActor } from './stock.ts';

async function demandTask(db: Sql, id: number): Promise<VendingTask> {
  const task = await findVendingTask(db, id);
  if (!task) throw new Refused('missing', `there is no vending task ${id}`);
  return task;
}

type NewTask = { terminalId: number; assigneeId: number | null; comment: string | null; ingredients: readonly number[] };

/** A task by hand; whoever is to do it is notified. */
export async function writeVendingTask(transaction: Sql, task: NewTask, actor: StockActor): Promise<VendingTask> {
  const ownerId = await ownerOfTerminal(transaction, task.terminalId);
  if (ownerId === null) throw new Refused('missing', `there is no vending terminal ${task.terminalId}`);
  for (const id of task.ingredients)
    if ((await ownerOfIngredient(transaction, id)) !== ownerId) throw new Refused('missing', `there is no ingredient ${id}`);
  await lockVendingOwner(transaction, ownerId);
  const id = await insertVendingTask(transaction, { ...task, ownerId, by: actor.by });
  const written = await demandTask(transaction, id);
  await notifyOfTask(transaction, written, task.ingredients, actor.chatIds);
  return written;
}

/**
 * Says that a task is done (V23). Throws a `conflict` that names the ingredients still critical, or, for a task by hand, where nothing was
 * put into the machine since. Done already: the first answer.
 */
export async function completeTask(transaction: Sql, id: number, by: string): Promise<VendingTask> {
  const before = await demandTask(transaction, id);
  await lockVendingOwner(transaction, before.owner_id);
  const task = await demandTask(transaction, id);
  if (task.status === 'completed') return task;
  if (task.status === 'cancelled') throw new Refused('conflict', 'this task was cancelled');
  const rest = task.items
    .filter(({ is_critical }) => is_critical)
    .map(({ ingredient_id, name, quantity, critical, missing }) => ({ ingredient_id, name, quantity, critical, missing }));
  if (rest.length > 0)
    throw new Refused('conflict', `still to be refilled: ${rest.map(({ name }) => name).join(', ')}`, { rest });
  if (task.origin === 'manual' && !(await isRefilledSince(transaction, id)))
    throw new Refused('conflict', 'nothing was put into this machine since the task was written');
  await completeVendingTask(transaction, id, by);
  return demandTask(transaction, id);
}

/** Fills up what a task names, to the capacity, with what the warehouse has. Returns what was moved. */
export async function refillForTask(transaction: Sql, id: number, actor: StockActor) {
  const task = await demandTask(transaction, id);
  await lockVendingOwner(transaction, task.owner_id);
  const { machine } = await findTerminalPlaces(transaction, task.terminal_id);
  const [warehouse] = await findPlaces(transaction, [await warehouseOf(transaction, task.owner_id)]);
  if (!warehouse) throw new Refused('conflict', 'there is no warehouse');
  const stored = await listStock(transaction, EVERYTHING, { placeId: warehouse.id, limit: 10_000 });
  const moved: { name: string; unit: 'g' | 'ml' | 'pcs'; quantity_milli: number }[] = [];
  for (const { ingredient_id, name, unit, quantity, capacity } of task.items) {
    const there = stored.find((row) => row.ingredient_id === ingredient_id)?.quantity_milli ?? 0;
    const wanted = Math.min(capacity - quantity, there);
    if (wanted <= 0) continue;
    await moveStock(transaction, { fromId: warehouse.id, toId: machine, ingredientId: ingredient_id, quantity: wanted }, actor);
    moved.push({ name, unit, quantity_milli: wanted });
  }
  return { moved, task: await demandTask(transaction, id) };
}
