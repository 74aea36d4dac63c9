import { z } from 'zod';
import { isAmong, type Whose } from '../auth/whose.ts';
import { type Sql, sql } from '../database/database.ts';

const place = z.object({
  id: z.int(),
  owner_id: z.int(),
  kind: z.enum(['warehouse', 'stand', 'machine']),
  terminal_id: z.int().nullable(),
});

/** Places by their ids. */
export const findPlaces = (db: Sql, ids: readonly number[]) =>
  db.any(sql.type(place)`
    select id, owner_id, kind, terminal_id from stock_places where id = any(${sql.array([...ids], 'int4')}) order by id`);

/** Whose an ingredient is; null where there is none. */
export const ownerOfIngredient = (db: Sql, id: number) =>
  db.maybeOneFirst(sql.type(z.object({ owner_id: z.int() }))`select owner_id from ingredients where id = ${id}`);

type At = { ownerId: number; placeId: number; ingredientId: number };

/** The quantity there, locked until the transaction ends; 0 where nothing was ever put. With `open` there is a row from then on. */
export async function lockStock(transaction: Sql, { ownerId, placeId, ingredientId }: At, open: boolean): Promise<number> {
  if (open)
    await transaction.query(sql.unsafe`
      insert into inventories (owner_id, place_id, ingredient_id) values (${ownerId}, ${placeId}, ${ingredientId}) on conflict do nothing`);
  const quantity = await transaction.maybeOneFirst(sql.type(z.object({ quantity_milli: z.int() }))`
    select quantity_milli from inventories where place_id = ${placeId} and ingredient_id = ${ingredientId} for update`);
  return quantity ?? 0;
}

export const enterStock = (
  transaction: Sql,
  { ownerId, placeId, ingredientId }: At,
  entry: { delta: number; reason: 'refill' | 'count' | 'adjustment'; by: string },
) =>
  transaction.query(sql.unsafe`
    insert into stock_entries (owner_id, place_id, ingredient_id, delta_milli, reason, created_by)
    values (${ownerId}, ${placeId}, ${ingredientId}, ${entry.delta}, ${entry.reason}, ${entry.by})`);

/** Both halves of a move, which net to zero. */
export const enterMove = (transaction: Sql, from: At, to: At, quantity: number, by: string) =>
  transaction.query(sql.unsafe`
    with move as materialized (select nextval('stock_moves') as no)
    insert into stock_entries (owner_id, place_id, ingredient_id, delta_milli, reason, moved_with, created_by)
    select ${from.ownerId}::int, ${from.placeId}::int, ${from.ingredientId}::int, -${quantity}::bigint, 'move_out', no, ${by} from move
    union all
    select ${to.ownerId}::int, ${to.placeId}::int, ${to.ingredientId}::int, ${quantity}::bigint, 'move_in', no, ${by} from move`);

/** A count has seen every sale until now (V19). */
export const noteCounted = (transaction: Sql, { placeId, ingredientId }: At, at: string) =>
  transaction.query(sql.unsafe`
    update inventories set counted_at = ${at}::timestamptz where place_id = ${placeId} and ingredient_id = ${ingredientId}`);

/** How much there is room for and when it is critical. */
export const setLevels = (transaction: Sql, { placeId, ingredientId }: At, capacity: number, critical: number) =>
  transaction.query(sql.unsafe`
    update inventories set capacity_milli = ${capacity}, critical_milli = ${critical}
    where place_id = ${placeId} and ingredient_id = ${ingredientId}`);

export const shownStock = z.object({
  owner_id: z.int(),
  place_id: z.int(),
  kind: place.shape.kind,
  terminal_id: z.int().nullable(),
  terminal: z.string().nullable(),
  ingredient_id: z.int(),
  ingredient: z.string(),
  unit: z.enum(['g', 'ml', 'pcs']),
  quantity_milli: z.int(),
  capacity_milli: z.int(),
  critical_milli: z.int(),
  is_critical: z.boolean(),
  counted_at: z.iso.datetime().nullable(),
});
export type ShownStock = z.output<typeof shownStock>;

/** What lies where, by place and ingredient, after a cursor of both. */
export const listStock = (db: Sql, whose: Whose, filter: { placeId?: number; after?: [number, number]; limit: number }) =>
  db.any(sql.type(shownStock)`
    select place.owner_id, place.id as place_id, place.kind, place.terminal_id, terminal.name as terminal, ingredients.id as ingredient_id,
      ingredients.name as ingredient, unit, quantity_milli, capacity_milli, critical_milli,
      capacity_milli > 0 and quantity_milli <= critical_milli as is_critical, counted_at
    from stock_places place
    join inventories stock on stock.place_id = place.id
    join ingredients on ingredients.id = stock.ingredient_id
    left join vending_terminals terminal on terminal.id = place.terminal_id
    where ${isAmong(whose, 'stock_place', 'place')}
      and (${filter.placeId ?? null}::int is null or place.id = ${filter.placeId ?? null})
      and (${filter.after?.[0] ?? null}::int is null or (place.id, ingredients.id) > (${filter.after?.[0] ?? 0}, ${filter.after?.[1] ?? 0}))
    order by place.id, ingredients.id limit ${filter.limit}`);

export const shownPlace = place.extend({ terminal: z.string().nullable() });
export const listPlaces = (db: Sql, whose: Whose, after: number, limit: number) =>
  db.any(sql.type(shownPlace)`
    select place.id, place.owner_id, place.kind, place.terminal_id, terminal.name as terminal
    from stock_places place left join vending_terminals terminal on terminal.id = place.terminal_id
    where place.id > ${after} and ${isAmong(whose, 'stock_place', 'place')} order by place.id limit ${limit}`);

export const ingredientRow = z.object({ id: z.int(), owner_id: z.int(), name: z.string(), unit: z.enum(['g', 'ml', 'pcs']) });
export const listIngredients = (db: Sql, whose: Whose, after: number, limit: number) =>
  db.any(sql.type(ingredientRow)`
    select id, owner_id, name, unit from ingredients
    where id > ${after} and ${isAmong(whose, 'ingredient', 'ingredients')} order by id limit ${limit}`);
export const insertIngredient = (db: Sql, ownerId: number, name: string, unit: string) =>
  db.one(sql.type(ingredientRow)`
    insert into ingredients (owner_id, name, unit) values (${ownerId}, ${name}, ${unit}) returning id, owner_id, name, unit`);

/** The warehouse of an owner. */
export const warehouseOf = (db: Sql, ownerId: number) =>
  db.oneFirst(
    sql.type(z.object({ id: z.int() }))`select id from stock_places where owner_id = ${ownerId} and kind = 'warehouse'`,
  );
