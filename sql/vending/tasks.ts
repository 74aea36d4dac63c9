import { z } from 'zod';
import { isAmong, type Whose } from '../auth/whose.ts';
import { type Sql, sql } from '../database/database.ts';

const settledTasks = z.object({
  fresh: z.array(z.object({ task_id: z.int(), terminal_id: z.int(), ingredient_ids: z.array(z.int()) })),
  created: z.int(),
  done: z.array(z.int()),
});

/** Opens, extends and completes the automatic tasks of terminals (V22, V23). Part of every transaction that changes their stock. */
export const settleRestockTasks = (transaction: Sql, terminals: readonly number[], by: string) =>
  transaction.one(sql.prepared('settle_restock_tasks', settledTasks)`
    select fresh, created, done from settle_restock_tasks(${sql.array([...terminals], 'int4')}, ${by})`);

/** A restock task. Quantities in thousandths of the ingredient's unit. */
export const vendingTask = z.object({
  id: z.int(),
  owner_id: z.int(),
  terminal_id: z.int(),
  terminal: z.string(),
  kind: z.literal('restock'),
  origin: z.enum(['auto', 'manual']),
  status: z.enum(['pending', 'completed', 'cancelled']),
  assignee_id: z.int().nullable(),
  comment: z.string().nullable(),
  items: z.array(
    z.object({
      ingredient_id: z.int(),
      name: z.string(),
      unit: z.enum(['g', 'ml', 'pcs']),
      quantity: z.int().meta({ description: 'what is in the machine, in thousandths of the unit' }),
      critical: z.int().meta({ description: 'its mark, likewise' }),
      capacity: z.int(),
      missing: z.boolean().meta({ description: 'in a recipe, and nobody has ever put it into this machine' }),
      is_critical: z.boolean(),
    }),
  ),
  created_at: z.iso.datetime(),
  completed_at: z.iso.datetime().nullable(),
  completed_by: z.string().nullable(),
  hidden_at: z.iso.datetime().nullable(),
});
export type VendingTask = z.output<typeof vendingTask>;

const columns = sql.fragment`task.id, task.owner_id, task.terminal_id, terminal.name as terminal, task.kind, origin, status, task.assignee_id, comment,
  coalesce((
    select json_agg(json_build_object('ingredient_id', ingredients.id, 'name', ingredients.name, 'unit', unit,
      'quantity', coalesce(quantity_milli, 0), 'critical', coalesce(critical_milli, 0), 'capacity', coalesce(capacity_milli, 0),
      'missing', stock.place_id is null,
      'is_critical', exists (select from critical_ingredients(array[task.terminal_id]) critical where critical.ingredient_id = item.ingredient_id))
      order by ingredients.id)
    from vending_task_items item join ingredients on ingredients.id = item.ingredient_id
    left join stock_places place on place.terminal_id = task.terminal_id and place.kind = 'machine'
    left join inventories stock on stock.place_id = place.id and stock.ingredient_id = item.ingredient_id
    where item.task_id = task.id
  ), '[]') as items, task.created_at, completed_at, completed_by, hidden_at`;
const from = sql.fragment`vending_tasks task join vending_terminals terminal on terminal.id = task.terminal_id`;

/** Tasks, the newest first, after a cursor (an id); hidden ones only where they are asked for. */
export const listVendingTasks = (
  db: Sql,
  whose: Whose,
  filter: { status?: string; hidden: boolean; before?: number; assignee?: number; limit: number },
) =>
  db.any(sql.type(vendingTask)`
    select ${columns} from ${from}
    where (hidden_at is null or ${filter.hidden}::boolean) and ${isAmong(whose, 'vending_task', 'task')}
      and (${filter.status ?? null}::text is null or status = ${filter.status ?? null})
      and (${filter.assignee ?? null}::int is null or task.assignee_id = ${filter.assignee ?? null})
      and (${filter.before ?? null}::int is null or task.id < ${filter.before ?? null})
    order by task.id desc limit ${filter.limit}`);

export const findVendingTask = (db: Sql, id: number): Promise<VendingTask | null> =>
  db.maybeOne(sql.type(vendingTask)`select ${columns} from ${from} where task.id = ${id}`);

/** Several, by id. */
export const findVendingTasks = (db: Sql, ids: readonly number[]) =>
  db.any(
    sql.type(vendingTask)`select ${columns} from ${from} where task.id = any(${sql.array([...ids], 'int4')}) order by task.id`,
  );

/** A task that somebody writes by hand. Returns its id. */
export const insertVendingTask = (
  transaction: Sql,
  task: {
    ownerId: number;
    terminalId: number;
    assigneeId: number | null;
    comment: string | null;
    ingredients: readonly number[];
    by: string;
  },
) =>
  transaction.oneFirst(sql.type(z.object({ id: z.int() }))`
    with task as (
      insert into vending_tasks (owner_id, terminal_id, origin, assignee_id, comment, created_by)
      values (${task.ownerId}, ${task.terminalId}, 'manual', ${task.assigneeId}, ${task.comment}, ${task.by}) returning id
    ), items as (
      insert into vending_task_items (owner_id, task_id, ingredient_id)
      select ${task.ownerId}, task.id, ingredient from task, unnest(${sql.array([...task.ingredients], 'int4')}) as ingredient
    )
    select id from task`);

/** True where something has been put into the task's machine since it was written. */
export const isRefilledSince = (db: Sql, taskId: number): Promise<boolean> =>
  db.exists(sql.unsafe`
    select from vending_tasks task join stock_places place on place.terminal_id = task.terminal_id and place.kind = 'machine'
    join stock_entries entry on entry.place_id = place.id and entry.reason in ('refill', 'move_in') and entry.created_at >= task.created_at
    where task.id = ${taskId} and entry.delta_milli > 0`);

export const completeVendingTask = (transaction: Sql, id: number, by: string) =>
  transaction.query(sql.unsafe`
    update vending_tasks set status = 'completed', completed_at = now(), completed_by = ${by} where id = ${id} and status = 'pending'`);

/** Hides the next `size` tasks that were done before an instant; they stay in the database (V27). Returns how many. */
export async function hideVendingTasks(transaction: Sql, before: string, size: number): Promise<number> {
  const { rowCount } = await transaction.query(sql.unsafe`
    update vending_tasks set hidden_at = now()
    where id in (
      select id from vending_tasks where hidden_at is null and completed_at < ${before}::timestamptz
      order by completed_at limit ${size} for update skip locked)`);
  return rowCount;
}
