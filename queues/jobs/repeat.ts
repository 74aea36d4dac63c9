import type { Sql } from '../../sql/database/database.ts';
import type { Run } from '../../sql/runs/rows.ts';
import { isRunName, runs } from './catalog.ts';
import { type ProcessRequest, type Requester, requestProcess } from './request.ts';
import type { RunDefinition } from './run-definition.ts';

/**
 * Asks for a run once more, for the very date it was for, with the parts it consists of. A key that has ended in success
 * is replayed, one that is queued or running joined. Returns null for a process that has left the catalog.
 */
export async function repeatProcess(
  db: Sql,
  run: Pick<Run, 'process_type' | 'run_key' | 'process_date' | 'params'>,
  asker: Requester,
): Promise<ProcessRequest | null> {
  const name = run.process_type;
  if (!isRunName(name)) return null;
  const definition: RunDefinition = runs[name];
  const body = bodyOf(definition, run.params);
  const at = typeof run.params.at === 'string' ? run.params.at : undefined;
  const { run_key } = definition.request(body, run.process_date, at === undefined ? undefined : new Date(at));
  if (run_key !== run.run_key) throw new TypeError(`the run ${run.run_key} would be repeated as ${run_key}`);
  return requestProcess(db, name, body, run.process_date, { scheduled_for: at, ...asker });
}

/** The body that asks for what a run was for: what a body may say of its parameters, and the Monday of its week. */
const bodyOf = ({ body }: RunDefinition, params: Run['params']): Record<string, unknown> =>
  body.strip().parse({ ...params, week_start: params.start });
