import { z } from 'zod';
import { isAmong, type Whose } from '../auth/whose.ts';
import { type Sql, sql } from '../database/database.ts';
import { runRow } from '../runs/rows.ts';

const counted = z.int().nullable();

/** A run that read the telemetry service. Counts are null before it is over, and to an owner where others were read as well. */
export const shownImport = z.object({
  id: z.int(),
  process_type: z.string(),
  status: runRow.shape.status,
  owner_id: z.int().nullable().meta({ description: 'whose alone was read; null: everybody’s' }),
  requested_at: z.iso.datetime(),
  completed_at: z.iso.datetime().nullable(),
  from: z.iso.datetime().nullable(),
  to: z.iso.datetime().nullable(),
  added: counted,
  sales: counted,
  deducted: counted,
  needs_recipe: counted,
  rejected: counted,
  terminals: counted,
  stopped: z
    .array(z.object({ owner_id: z.int(), reason: z.string() }))
    .meta({ description: 'owners that were not read to the end' }),
});

/**
 * Runs before a cursor (an id), the newest first: all, or those that read somebody's machines (R32). Where others were read as well, what
 * stopped their reading is not told: the run is a success to whoever was read to the end.
 */
export const listImports = (db: Sql, whose: Whose, before: number | undefined, limit: number) =>
  db.any(sql.type(shownImport)`
    with run as (
      select id, process_type, status, (params ->> 'owner_id')::int as owner_id, requested_at, completed_at, details,
        ${whose.everything}::boolean or params ? 'owner_id' as is_theirs
      from automated_process_history
      where process_type in ('vending_import', 'vending_import_day', 'vending_import_week', 'vending_history', 'vending_terminals')
        and (${before ?? null}::int is null or id < ${before ?? null})
    )
    select id, process_type, case when status = 'partial' and not is_theirs and stopped.list is null then 'success' else status end as status,
      run.owner_id, requested_at, completed_at,
      (details #>> '{period,from}')::timestamptz as "from", (details #>> '{period,to}')::timestamptz as "to",
      case when is_theirs then (details ->> 'added')::int end as added,
      case when is_theirs then (details ->> 'sales')::int end as sales,
      case when is_theirs then (details ->> 'deducted')::int end as deducted,
      case when is_theirs then (details ->> 'needs_recipe')::int end as needs_recipe,
      case when is_theirs then (details ->> 'rejected')::int end as rejected,
      case when is_theirs then (details ->> 'terminals')::int end as terminals,
      coalesce(stopped.list, '[]') as stopped
    from run cross join lateral (
      select json_agg(json_build_object('owner_id', owner.id, 'reason', trouble ->> 'reason') order by owner.id) as list
      from jsonb_array_elements(coalesce(details -> 'owners_failed', '[]') || coalesce(details -> 'owners_skipped', '[]')) as trouble
      join vending_owners owner on owner.id = (trouble ->> 'owner_id')::int
      where ${isAmong(whose, 'vending_owner', 'owner')}
    ) stopped
    where exists (
      select from vending_owners owner
      where (run.owner_id is null or owner.id = run.owner_id) and ${isAmong(whose, 'vending_owner', 'owner')})
    order by id desc limit ${limit}`);
