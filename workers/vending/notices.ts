import type { Sql } from '../../sql/database/database.ts';
import { notifyAdmins, notifyPeople } from '../../sql/notifications/notify.ts';
import { findVendingOwner, type VendingOwner } from '../../sql/vending/owners.ts';
import { findVendingTasks, settleRestockTasks, type VendingTask } from '../../sql/vending/tasks.ts';
import { namesOfTerminals } from '../../sql/vending/terminals.ts';

/**
 * Settles the restock tasks of terminals in the transaction that changed their stock, and notifies of what is new in them (V22, V23):
 * whoever is to refill the machine, or else its owner and the admins. Returns how many tasks were opened.
 */
export async function settleTasks(transaction: Sql, terminals: readonly number[], by: string, chatIds: readonly number[]) {
  if (terminals.length === 0) return { created: 0, done: [] as readonly number[] };
  const { fresh, created, done } = await settleRestockTasks(transaction, terminals, by);
  if (fresh.length > 0) {
    const tasks = await findVendingTasks(
      transaction,
      fresh.map(({ task_id }) => task_id),
    );
    for (const task of tasks) {
      const added = fresh.find(({ task_id }) => task_id === task.id)?.ingredient_ids ?? [];
      await notifyOfTask(transaction, task, added, chatIds);
    }
  }
  return { created, done };
}

/** @param added the ingredients that no message has named yet; the dedupe key names them, so each is named once */
export async function notifyOfTask(transaction: Sql, task: VendingTask, added: readonly number[], chatIds: readonly number[]) {
  const params = {
    task_id: task.id,
    terminal: task.terminal,
    items: task.items
      .filter(({ ingredient_id }) => added.includes(ingredient_id))
      .map(({ ingredient_id, name, unit, quantity, critical, missing }) => ({
        ingredient_id,
        ingredient: name,
        unit,
        quantity_milli: quantity,
        critical_milli: critical,
        missing,
      })),
  };
  const dedupe = `vending_task:${task.id}:${added.join(',')}`.slice(0, 200);
  if (task.assignee_id !== null)
    return void (await notifyPeople(transaction, [{ userId: task.assignee_id, template: 'vending_task', dedupe, params }]));
  const owner = (await findVendingOwner(transaction, task.owner_id)) as VendingOwner;
  await notifyPeople(transaction, [{ userId: owner.user_id, template: 'vending_task', dedupe, params }]);
  await notifyAdmins(transaction, chatIds, [
    { template: 'vending_task_unassigned', dedupe: `${dedupe}:admins`, params: { ...params, owner: owner.name } },
  ]);
}

/** Items that were sold and have no recipe: the owner is told of each once (V21). */
export async function notifyOfMissingRecipes(
  transaction: Sql,
  userId: number,
  missing: readonly { terminal_id: number; machine_item_id: number }[],
) {
  const [first] = missing;
  if (!first) return;
  const names = await namesOfTerminals(
    transaction,
    missing.map(({ terminal_id }) => terminal_id),
  );
  const items = missing.map(({ terminal_id, machine_item_id }) => ({
    terminal: names.find(({ id }) => id === terminal_id)?.name ?? String(terminal_id),
    machine_item_id,
  }));
  const dedupe = `vending_needs_recipe:${first.terminal_id}:${first.machine_item_id}`;
  await notifyPeople(transaction, [{ userId, template: 'vending_needs_recipe', dedupe, params: { items } }]);
}
