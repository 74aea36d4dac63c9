import { z } from 'zod';
import { type Database, sql } from '../../sql/database/database.ts';
import type { RunHandler } from '../../workers/runner/execute.ts';
import { emptyTables } from '../support/emptying.ts';
import { done } from './stage.ts';

/**
 * A run of three chunks, each of which writes a room. `within` is called inside a chunk after its room was written,
 * with the number of the room and the process id of the run's session.
 */
export const rooms =
  (withTimeout: (room: number, session: number) => Promise<unknown> | unknown): RunHandler =>
  async (run, { chunk }) => {
    let progress = (run.progress as { done: number } | null) ?? { done: 0 };
    while (progress.done < 3) {
      const room = progress.done + 1;
      progress = await chunk(async (transaction) => {
        await transaction.query(sql.unsafe`insert into locations (name) values (${`room ${room}`})`);
        await withTimeout(room, await transaction.oneFirst(sql.type(z.object({ pid: z.int() }))`select pg_backend_pid() as pid`));
        return { done: room };
      });
    }
    return { ...done, result: progress };
  };

export const builtRooms = (db: Database) =>
  db.anyFirst(sql.type(z.object({ name: z.string() }))`select name from locations order by name`);

export const clearRooms = (db: Database) => emptyTables(db, 'locations', 'notifications');
