import { z } from 'zod';
import { runs } from '../../queues/jobs/catalog.ts';
import { findVendingOwner, lockVendingOwner } from '../../sql/vending/owners.ts';
import { salesToDeduct, settleSales } from '../../sql/vending/page.ts';
import { progressOf } from '../runner/progress.ts';
import type { RunHandler } from '../runner/run-context.ts';
import { notifyOfMissingRecipes, settleTasks } from './notices.ts';

const SALES_AT_ONCE = 500;
const deductionProgress = z.object({
  after: z.int(),
  isLast: z.boolean(),
  deducted: z.int(),
  returned: z.int(),
  needs_recipe: z.int(),
  unknown_terminal: z.int(),
  tasks_created: z.int(),
});

/** Takes from an owner's stock what sales waited for: a recipe, or a terminal (V21). Sales that still wait are left as they are. */
export const deductWaiting: RunHandler = async (run, { db, chunk, settings }) => {
  const { owner_id } = runs.vending_deduction.params.parse(run.params);
  const owner = await findVendingOwner(db, owner_id);
  let reached = progressOf(run, deductionProgress, {
    after: 0,
    isLast: owner === null,
    deducted: 0,
    returned: 0,
    needs_recipe: 0,
    unknown_terminal: 0,
    tasks_created: 0,
  });
  while (!reached.isLast) {
    const before = reached;
    reached = await chunk(async (transaction) => {
      await lockVendingOwner(transaction, owner_id);
      const ids = await salesToDeduct(transaction, owner_id, before.after, SALES_AT_ONCE);
      const by = `run ${run.id}`;
      const settled = await settleSales(transaction, owner_id, ids, by);
      const { created } = await settleTasks(transaction, settled.terminals, by, settings.adminChatIds);
      if (owner) await notifyOfMissingRecipes(transaction, owner.user_id, settled.missing);
      return {
        after: ids.at(-1) ?? before.after,
        isLast: ids.length < SALES_AT_ONCE,
        deducted: before.deducted + settled.deducted,
        returned: before.returned + settled.came_back,
        needs_recipe: before.needs_recipe + settled.needs_recipe,
        unknown_terminal: before.unknown_terminal + settled.unknown_terminal,
        tasks_created: before.tasks_created + created,
      };
    });
  }
  const { after: _, isLast: __, ...result } = reached;
  return { status: 'success', result, details: result, counts: {} };
};
