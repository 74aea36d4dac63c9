import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';

/** The next owner, by id, of whose stock something was not told; null: there is none. */
export const nextOwnerToTell = (db: Sql, after: number) =>
  db.maybeOne(sql.type(z.object({ id: z.int(), user_id: z.int() }))`
    select id, user_id from vending_owners owner
    where id > ${after} and exists (select from stock_entries where owner_id = owner.id and notified_at is null)
    order by id limit 1`);

const told = z.object({
  entries: z.int(),
  places: z.array(
    z.object({
      kind: z.enum(['warehouse', 'stand', 'machine']),
      terminal: z.string().nullable(),
      lines: z.array(z.object({ ingredient: z.string(), unit: z.enum(['g', 'ml', 'pcs']), net_milli: z.int() })),
    }),
  ),
});

/** Marks everything that was not told of an owner's stock as told, and returns what it nets to: the warehouse first; zeros are left out (V26). */
export const takeStockChanges = (transaction: Sql, ownerId: number) =>
  transaction.one(sql.type(told)`
    with taken as (
      update stock_entries set notified_at = now() where owner_id = ${ownerId} and notified_at is null
      returning place_id, ingredient_id, delta_milli
    ), net as (
      select place_id, ingredient_id, sum(delta_milli)::bigint as net from taken group by 1, 2 having sum(delta_milli) <> 0
    ), by_place as (
      select place.kind, terminal.name as terminal, place.id,
        json_agg(json_build_object('ingredient', ingredients.name, 'unit', unit, 'net_milli', net) order by ingredients.name, ingredients.id) as lines
      from net join stock_places place on place.id = place_id join ingredients on ingredients.id = ingredient_id
      left join vending_terminals terminal on terminal.id = place.terminal_id
      group by place.id, terminal.name
    )
    select (select count(*) from taken)::int as entries, coalesce((
      select json_agg(json_build_object('kind', kind, 'terminal', terminal, 'lines', lines) order by kind <> 'warehouse', terminal, kind, id)
      from by_place), '[]') as places`);
