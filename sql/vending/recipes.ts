import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';

export const recipeRow = z.object({
  terminal_id: z.int(),
  machine_item_id: z.int(),
  name: z.string(),
  is_hidden: z.boolean(),
  items: z.array(
    z.object({
      ingredient_id: z.int(),
      ingredient: z.string(),
      unit: z.enum(['g', 'ml', 'pcs']),
      quantity_milli: z.int().meta({ description: 'of one portion, in thousandths of the unit' }),
    }),
  ),
});

const columns = sql.fragment`terminal_id, machine_item_id, name, is_hidden, coalesce((
  select json_agg(json_build_object('ingredient_id', ingredients.id, 'ingredient', ingredients.name, 'unit', unit,
    'quantity_milli', quantity_milli) order by ingredients.id)
  from recipe_items item join ingredients on ingredients.id = item.ingredient_id where recipe_id = recipes.id), '[]') as items`;

export const listRecipes = (db: Sql, terminalId: number) =>
  db.any(sql.type(recipeRow)`select ${columns} from recipes where terminal_id = ${terminalId} order by machine_item_id`);

export const findRecipe = (db: Sql, terminalId: number, item: number) =>
  db.maybeOne(sql.type(recipeRow)`
    select ${columns} from recipes where terminal_id = ${terminalId} and machine_item_id = ${item}`);

export type NewRecipe = {
  ownerId: number;
  terminalId: number;
  machineItemId: number;
  name: string;
  isHidden: boolean;
  items: readonly { ingredient_id: number; quantity_milli: number }[];
};

/** Makes a recipe what is given (V21). What was deducted by what it was before stays as it is. */
export async function putRecipe(transaction: Sql, recipe: NewRecipe) {
  const id = await transaction.oneFirst(sql.type(z.object({ id: z.int() }))`
    insert into recipes (owner_id, terminal_id, machine_item_id, name, is_hidden)
    values (${recipe.ownerId}, ${recipe.terminalId}, ${recipe.machineItemId}, ${recipe.name}, ${recipe.isHidden})
    on conflict (terminal_id, machine_item_id) do update set name = excluded.name, is_hidden = excluded.is_hidden
    returning id`);
  await transaction.query(sql.unsafe`
    delete from recipe_items where recipe_id = ${id}
      and ingredient_id <> all(${sql.array(
        recipe.items.map((item) => item.ingredient_id),
        'int4',
      )})`);
  await transaction.query(sql.unsafe`
    insert into recipe_items as item (owner_id, recipe_id, ingredient_id, quantity_milli)
    select ${recipe.ownerId}, ${id}, * from ${sql.unnest(
      recipe.items.map((item) => [item.ingredient_id, item.quantity_milli]),
      ['int4', 'int8'],
    )}
    on conflict (recipe_id, ingredient_id) do update set quantity_milli = excluded.quantity_milli
    where item.quantity_milli <> excluded.quantity_milli`);
}
