import { type Sql, sql } from '../database/database.ts';

/** Notes which backups lie elsewhere as well now. */
export const noteCopied = (db: Sql, files: readonly string[], now: Date) =>
  db.query(sql.unsafe`
    update backups set copied_at = case when file = any(${sql.array([...files], 'text')})
      then coalesce(copied_at, ${now.toISOString()}::timestamptz) end
    where finished_at is not null and deleted_at is null`);
