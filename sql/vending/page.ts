import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';

/** A row as it is written; fields as `SaleRow` of workers/vending/telemetry.ts. */
type WrittenSale = {
  vendista_id: number;
  terminal: number;
  sum: number;
  happened_at: string;
  result: number;
  status: number;
  reverse_id: number;
  card: string | null;
  comment: string | null;
  items: { line_no: number; item: number; quantity: number }[];
};

const writtenPage = z.object({
  added: z.int(),
  updated: z.int(),
  sales: z.int(),
  /** Of the rows that are new or changed. */
  ids: z.array(z.int()),
});

/**
 * Writes a page of an owner's sales: what is new is added, what changed follows, and what is as it was writes nothing (V10). Each id
 * at most once in `rows`. Call it with the owner locked, then settle the stock of the ids.
 */
export const writeSalesPage = (transaction: Sql, ownerId: number, rows: readonly WrittenSale[]) =>
  transaction.one(sql.prepared('write_sales_page', writtenPage)`
    with given as materialized (
      select * from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as given (vendista_id bigint, terminal bigint, sum bigint,
        happened_at timestamptz, result integer, status integer, reverse_id bigint, card text, comment text, items jsonb)
    ), line as materialized (
      select vendista_id, line_no, item, quantity
      from given, jsonb_to_recordset(items) as item (line_no smallint, item bigint, quantity integer)
    ), written as (
      insert into vending_transactions as sale (owner_id, vendista_id, terminal_vendista_id, sum_minor, happened_at, result, status, reverse_id,
        card_mask, comment, is_historic)
      select owner.id, vendista_id, terminal, sum, happened_at, result, status, reverse_id, card, comment, happened_at < owner.stock_from
      from given join vending_owners owner on owner.id = ${ownerId}
      order by vendista_id
      on conflict (owner_id, vendista_id) do update set
        terminal_vendista_id = excluded.terminal_vendista_id, sum_minor = excluded.sum_minor, happened_at = excluded.happened_at,
        result = excluded.result, status = excluded.status, reverse_id = excluded.reverse_id, card_mask = excluded.card_mask,
        comment = excluded.comment, changed_at = now()
      where (sale.terminal_vendista_id, sale.sum_minor, sale.happened_at, sale.result, sale.status, sale.reverse_id, sale.card_mask, sale.comment)
        is distinct from (excluded.terminal_vendista_id, excluded.sum_minor, excluded.happened_at, excluded.result, excluded.status,
          excluded.reverse_id, excluded.card_mask, excluded.comment)
      returning vendista_id, xmax = 0 as is_new, is_vending_sale(result, status, reverse_id) as is_sale
    ), gone as (
      delete from vending_transaction_items kept using given
      where kept.owner_id = ${ownerId} and kept.vendista_id = given.vendista_id
        and not exists (select from line where line.vendista_id = kept.vendista_id and line.line_no = kept.line_no)
      returning kept.vendista_id
    ), put as (
      insert into vending_transaction_items as kept (owner_id, vendista_id, line_no, machine_item_id, quantity)
      select ${ownerId}, vendista_id, line_no, item, quantity from line order by vendista_id, line_no
      on conflict (owner_id, vendista_id, line_no) do update
        set machine_item_id = excluded.machine_item_id, quantity = excluded.quantity, stock_state = null
      where (kept.machine_item_id, kept.quantity) <> (excluded.machine_item_id, excluded.quantity)
      returning vendista_id
    ), by_lines as (
      update vending_transactions sale set changed_at = now()
      where owner_id = ${ownerId} and vendista_id in (select vendista_id from gone union select vendista_id from put)
        and vendista_id not in (select vendista_id from written)
      returning vendista_id, is_vending_sale(result, status, reverse_id) as is_sale
    ), touched as (
      select vendista_id, is_new, is_sale from written union all select vendista_id, false, is_sale from by_lines
    )
    select count(*) filter (where is_new)::int as added, count(*) filter (where not is_new)::int as updated,
      count(*) filter (where is_sale)::int as sales, coalesce(array_agg(vendista_id order by vendista_id), '{}') as ids
    from touched`);

/** JSON as jsonb takes it: without zeros and halves of characters in its texts and names. */
function storable(value: unknown): unknown {
  const whole = (text: string) => text.toWellFormed().replaceAll('\0', '');
  if (typeof value === 'string') return whole(value);
  if (Array.isArray(value)) return value.map(storable);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [whole(name), storable(inner)]));
}

/** Keeps rows that cannot be read (V11), each once however often it comes. Returns how many are new. */
export async function keepRejects(
  transaction: Sql,
  ownerId: number,
  runId: number,
  rejects: readonly { raw: unknown; reason: string }[],
) {
  if (rejects.length === 0) return 0;
  const rows = rejects.map(({ raw, reason }) => [JSON.stringify(storable(raw ?? null)), reason]);
  const { rowCount } = await transaction.query(sql.unsafe`
    insert into vending_rejects (owner_id, run_id, raw, reason)
    select ${ownerId}, (select id from automated_process_history where id = ${runId}), raw, reason
    from ${sql.unnest(rows, ['jsonb', 'text'])} as given (raw, reason)
    on conflict (owner_id, md5(raw::text)) do nothing`);
  return rowCount;
}

const settled = z.object({
  deducted: z.int(),
  came_back: z.int(),
  needs_recipe: z.int(),
  unknown_item: z.int(),
  unknown_terminal: z.int(),
  terminals: z.array(z.int()),
  missing: z.array(z.object({ terminal_id: z.int(), machine_item_id: z.int() })),
});

/** Makes the stock what these sales say it is (V13-V20; see settle_sales). Call it with the owner locked. */
export const settleSales = (transaction: Sql, ownerId: number, ids: readonly number[], by: string) =>
  transaction.one(sql.prepared('settle_sales', settled)`
    select deducted, came_back, needs_recipe, unknown_item, unknown_terminal, terminals, missing
    from settle_sales(${ownerId}, ${sql.array([...ids], 'int8')}, ${by})`);

/** The next sales, by id, that wait for a recipe or a terminal which is there now. */
export const salesToDeduct = (transaction: Sql, ownerId: number, after: number, limit: number) =>
  transaction.anyFirst(sql.type(z.object({ vendista_id: z.int() }))`
    select vendista_id from vending_transactions sale
    where owner_id = ${ownerId} and vendista_id > ${after} and stock_state in ('needs_recipe', 'unknown_terminal')
      and exists (select from vending_terminals terminal where terminal.owner_id = ${ownerId} and terminal.vendista_id = terminal_vendista_id)
    order by vendista_id limit ${limit}`);
