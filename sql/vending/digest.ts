import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';

const told = z.object({
  owner_id: z.int(),
  user_id: z.int(),
  entries: z.int(),
  places: z.array(
    z.object({
      kind: z.enum(['warehouse', 'stand', 'machine']),
      terminal: z.string().nullable(),
      lines: z.array(z.object({ ingredient: z.string(), unit: z.enum(['g', 'ml', 'pcs']), net_milli: z.int() })),
    }),
  ),
});

/**
 * Marks everything that was not told of the stock of the next `limit` owners after one, by id, as told, and returns what it nets to,
 * an owner a row: the warehouse first; zeros are left out (V26). Fewer than `limit` rows: they were the last.
 */
export const takeStockChanges = (transaction: Sql, after: number, limit: number) =>
  transaction.any(sql.type(told)`
    with owners as materialized (
      select id, user_id from vending_owners owner
      where id > ${after} and exists (select from stock_entries where owner_id = owner.id and notified_at is null)
      order by id limit ${limit}
    ), taken as (
      update stock_entries set notified_at = now() where owner_id in (select id from owners) and notified_at is null
      returning owner_id, place_id, ingredient_id, delta_milli
    ), net as (
      select owner_id, place_id, ingredient_id, sum(delta_milli)::bigint as net from taken group by 1, 2, 3 having sum(delta_milli) <> 0
    ), by_place as (
      select net.owner_id, place.kind, terminal.name as terminal, place.id,
        json_agg(json_build_object('ingredient', ingredients.name, 'unit', unit, 'net_milli', net) order by ingredients.name, ingredients.id) as lines
      from net join stock_places place on place.id = place_id join ingredients on ingredients.id = ingredient_id
      left join vending_terminals terminal on terminal.id = place.terminal_id
      group by net.owner_id, place.id, terminal.name
    )
    select owners.id as owner_id, user_id, (select count(*) from taken where taken.owner_id = owners.id)::int as entries, coalesce((
      select json_agg(json_build_object('kind', kind, 'terminal', terminal, 'lines', lines) order by kind <> 'warehouse', terminal, kind, by_place.id)
      from by_place where by_place.owner_id = owners.id), '[]') as places
    from owners order by owners.id`);
