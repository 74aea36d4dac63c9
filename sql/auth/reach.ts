import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';
import { isAmong, type RowKind, tables, type Whose } from './whose.ts';

/** Whether there is such a row and it is among theirs. */
export const reaches = (db: Sql, whose: Whose, kind: RowKind, id: number): Promise<boolean> =>
  db.exists(sql.unsafe`
    select from ${sql.identifier([tables[kind]])} as "row" where "row".id = ${id} and ${isAmong(whose, kind, 'row')}`);

/** Which of these ids are rows of the kind among theirs. */
export const reachedAmong = (db: Sql, whose: Whose, kind: RowKind, ids: readonly number[]) =>
  db.anyFirst(sql.type(z.object({ id: z.int() }))`
    select "row".id from ${sql.identifier([tables[kind]])} as "row"
    where "row".id = any(${sql.array([...ids], 'int4')}) and ${isAmong(whose, kind, 'row')}`);
