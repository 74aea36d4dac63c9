import { type Sql, sql } from '../database/database.ts';
import { columns, type Run, runRow } from './rows.ts';

/** Returns the run, or null. */
export const findRun = (db: Sql, id: number): Promise<Run | null> =>
  db.maybeOne(sql.type(runRow)`select ${columns} from automated_process_history where id = ${id}`);

/** The runs that a run consists of, in their order. */
export const partsOf = (db: Sql, id: number) =>
  db.any(sql.type(runRow)`
    select ${columns} from automated_process_history
    where id = any((select part_ids from automated_process_history where id = ${id})::int[]) order by id`);
