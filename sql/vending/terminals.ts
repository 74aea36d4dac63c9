import { z } from 'zod';
import { isAmong, type Whose } from '../auth/whose.ts';
import { type Sql, sql } from '../database/database.ts';

type ReadTerminal = {
  vendista_id: number;
  name: string;
  serial_number: string | null;
  is_online: boolean;
  last_online_at: string | null;
};

const synced = z.object({
  added: z.int(),
  terminals: z.int(),
  deactivated: z.array(z.int()),
  /** Inactive ones that are there again. */
  returned: z.array(z.int()),
  offline: z.array(
    z.object({ id: z.int(), name: z.string(), assignee_id: z.int().nullable(), last_online_at: z.iso.datetime().nullable() }),
  ),
});

/**
 * Makes an owner's terminals what the service says (V25): new ones are added, with a place for what is in the machine and one beside it,
 * known ones follow. Those that are gone become inactive; if more than half of the active ones (at least two) are gone at once, or the
 * list is empty, only when they were gone the last time as well. Call it with the owner locked.
 * offline: those that were online the last time and are not now.
 */
export async function syncTerminals(transaction: Sql, ownerId: number, rows: readonly ReadTerminal[], now: Date) {
  const at = now.toISOString();
  const result = await transaction.one(sql.type(synced)`
    with given as materialized (
      select * from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)
        as given (vendista_id bigint, name text, serial_number text, is_online boolean, last_online_at timestamptz)
    ), before as materialized (
      select id, vendista_id, is_active, is_online from vending_terminals where owner_id = ${ownerId}
    ), put as (
      insert into vending_terminals as terminal (owner_id, vendista_id, name, serial_number, is_online, last_online_at, synced_at)
      select ${ownerId}, vendista_id, name, serial_number, is_online, last_online_at, ${at}::timestamptz from given order by vendista_id
      on conflict (owner_id, vendista_id) do update set name = excluded.name, serial_number = excluded.serial_number, is_active = true,
        is_online = excluded.is_online, last_online_at = coalesce(excluded.last_online_at, terminal.last_online_at), synced_at = excluded.synced_at
      returning id, vendista_id, terminal.name, assignee_id, terminal.is_online, terminal.last_online_at, xmax = 0 as is_new
    ), places as (
      insert into stock_places (owner_id, kind, terminal_id)
      select ${ownerId}, kind, id from put, (values ('machine'), ('stand')) as kinds (kind) where is_new order by id, kind
    ), missing as materialized (
      select id, vendista_id from before where is_active and vendista_id not in (select vendista_id from given)
    ), doubt as materialized (
      select (select count(*) from given) = 0
        or ((select count(*) from missing) >= 2 and (select count(*) from missing) * 2 > (select count(*) from before where is_active)) as is_many
    ), gone as (
      update vending_terminals terminal set is_active = false, is_online = false, synced_at = ${at}::timestamptz
      from missing, doubt, vending_owners owner
      where terminal.id = missing.id and owner.id = ${ownerId} and (not is_many or missing.vendista_id = any(owner.vanished))
      returning terminal.id
    ), noted as (
      update vending_owners set synced_at = ${at}::timestamptz,
        vanished = case when (select is_many from doubt) then coalesce((select array_agg(vendista_id) from missing), '{}') else '{}' end
      where id = ${ownerId}
    ), dropped as (
      update vending_tasks set status = 'cancelled', completed_at = now(), completed_by = 'system'
      where terminal_id in (select id from gone) and origin = 'auto' and status = 'pending'
    )
    select (select count(*) from put where is_new)::int as added, (select count(*) from given)::int as terminals,
      coalesce((select array_agg(id order by id) from gone), '{}') as deactivated,
      coalesce((select array_agg(id order by id) from before where not is_active and vendista_id in (select vendista_id from given)), '{}') as returned,
      coalesce((
        select json_agg(json_build_object('id', put.id, 'name', put.name, 'assignee_id', assignee_id,
          'last_online_at', to_char(last_online_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')) order by put.id)
        from put join before using (vendista_id) where before.is_online and before.is_active and not put.is_online
      ), '[]') as offline`);
  return result;
}

/** Sales at terminals nobody knew have somewhere to be taken from now: true where some wait. */
export const anySaleWaits = (db: Sql, ownerId: number): Promise<boolean> =>
  db.exists(sql.unsafe`
    select from vending_transactions sale
    join vending_terminals terminal on terminal.owner_id = sale.owner_id and terminal.vendista_id = terminal_vendista_id
    where sale.owner_id = ${ownerId} and stock_state = 'unknown_terminal'`);

export const shownTerminal = z.object({
  id: z.int(),
  owner_id: z.int(),
  vendista_id: z.int(),
  name: z.string(),
  serial_number: z.string().nullable(),
  is_active: z.boolean(),
  /** Null: nobody knows, for the last complete list is over an hour old. */
  is_online: z.boolean().nullable(),
  last_online_at: z.iso.datetime().nullable(),
  last_sale_at: z.iso.datetime().nullable(),
  assignee_id: z.int().nullable(),
  synced_at: z.iso.datetime(),
  machine_place_id: z.int(),
  stand_place_id: z.int(),
  /** Items sold without a recipe. */
  needs_recipe: z.array(z.int()),
});

const shown = sql.fragment`terminal.id, terminal.owner_id, terminal.vendista_id, terminal.name, serial_number, terminal.is_active,
  case when owner.synced_at > now() - interval '1 hour' then is_online end as is_online, last_online_at,
  (select max(happened_at) from vending_sales sale
    where sale.owner_id = terminal.owner_id and sale.terminal_vendista_id = terminal.vendista_id) as last_sale_at,
  assignee_id, terminal.synced_at, machine.id as machine_place_id, stand.id as stand_place_id,
  array(select machine_item_id from vending_missing_recipes missing
    where missing.terminal_id = terminal.id and not exists (
      select from recipes where recipes.terminal_id = terminal.id and recipes.machine_item_id = missing.machine_item_id
        and (is_hidden or exists (select from recipe_items where recipe_id = recipes.id)))
    order by machine_item_id) as needs_recipe`;
const withPlaces = sql.fragment`vending_terminals terminal
  join vending_owners owner on owner.id = terminal.owner_id
  join stock_places machine on machine.terminal_id = terminal.id and machine.kind = 'machine'
  join stock_places stand on stand.terminal_id = terminal.id and stand.kind = 'stand'`;

/** Terminals by id; inactive ones too. */
export const showTerminals = (db: Sql, whose: Whose, after: number, limit: number) =>
  db.any(sql.type(shownTerminal)`
    select ${shown} from ${withPlaces}
    where terminal.id > ${after} and ${isAmong(whose, 'vending_terminal', 'terminal')} order by terminal.id limit ${limit}`);

export const showTerminal = (db: Sql, id: number) =>
  db.maybeOne(sql.type(shownTerminal)`select ${shown} from ${withPlaces} where terminal.id = ${id}`);

/** Who refills it; null: whoever owns it. Tasks that are open go along. */
export const assignTerminal = (transaction: Sql, id: number, assigneeId: number | null) =>
  transaction.query(sql.unsafe`
    with task as (
      update vending_tasks set assignee_id = ${assigneeId} where terminal_id = ${id} and status = 'pending' and origin = 'auto'
    )
    update vending_terminals set assignee_id = ${assigneeId} where id = ${id}`);

/** Whose a terminal is; null where there is none. */
export const ownerOfTerminal = (db: Sql, id: number) =>
  db.maybeOneFirst(sql.type(z.object({ owner_id: z.int() }))`select owner_id from vending_terminals where id = ${id}`);

export const namesOfTerminals = (db: Sql, ids: readonly number[]) =>
  db.any(sql.type(z.object({ id: z.int(), name: z.string() }))`
    select id, name from vending_terminals where id = any(${sql.array([...ids], 'int4')})`);

/** The places of a terminal that is there. */
export const findTerminalPlaces = (db: Sql, id: number) =>
  db.one(sql.type(z.object({ machine: z.int(), stand: z.int() }))`
    select machine.id as machine, stand.id as stand from stock_places machine join stock_places stand using (terminal_id)
    where terminal_id = ${id} and machine.kind = 'machine' and stand.kind = 'stand'`);
