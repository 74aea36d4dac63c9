import type { Sql } from '../../sql/database/database.ts';
import { lockVendingOwner } from '../../sql/vending/owners.ts';
import { findRecipe, putRecipe } from '../../sql/vending/recipes.ts';
import { ownerOfIngredient } from '../../sql/vending/stock.ts';
import { ownerOfTerminal } from '../../sql/vending/terminals.ts';
import { Refused } from '../refusal.ts';
import { settleTasks } from './notices.ts';
import type { StockActor } from './stock.ts';
import { requestDeduction } from './sync-terminals.ts';

type Recipe = {
  terminalId: number;
  machineItemId: number;
  name: string;
  isHidden: boolean;
  items: readonly { ingredient_id: number; quantity_milli: number }[];
};

/**
 * Saves what a portion is made of, and asks for the sales that waited for it to be deducted (V21). What was deducted before stays as it
 * is. Throws `missing` for a terminal that is not there, or an ingredient that is another owner's.
 */
export async function saveRecipe(transaction: Sql, recipe: Recipe, actor: StockActor, zone: string) {
  const ownerId = await ownerOfTerminal(transaction, recipe.terminalId);
  if (ownerId === null) throw new Refused('missing', `there is no vending terminal ${recipe.terminalId}`);
  await lockVendingOwner(transaction, ownerId);
  for (const { ingredient_id } of recipe.items)
    if ((await ownerOfIngredient(transaction, ingredient_id)) !== ownerId)
      throw new Refused('missing', `there is no ingredient ${ingredient_id}`);
  await putRecipe(transaction, { ownerId, ...recipe });
  await settleTasks(transaction, [recipe.terminalId], actor.by, actor.chatIds);
  const requested = await requestDeduction(transaction, ownerId, actor.now, zone);
  const saved = await findRecipe(transaction, recipe.terminalId, recipe.machineItemId);
  if (!saved) throw new Error('a recipe that was saved is not there');
  return { saved, requested };
}
