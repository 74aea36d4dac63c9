import { type Sql, sql } from '../database/database.ts';
import { isAmong, type RowKind, tables, type Whose } from './whose.ts';

/** Whether there is such a row and it is among theirs. */
export const reaches = (db: Sql, whose: Whose, kind: RowKind, id: number): Promise<boolean> =>
  db.exists(sql.unsafe`
    select from ${sql.identifier([tables[kind]])} as "row" where "row".id = ${id} and ${isAmong(whose, kind, 'row')}`);
