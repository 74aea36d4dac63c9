import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';

/** People's names, by id. */
export async function namesOfPeople(db: Sql, ids: readonly number[]): Promise<ReadonlyMap<number, string>> {
  const rows = await db.any(sql.type(z.object({ id: z.int(), name: z.string() }))`
    select id, concat_ws(' ', first_name, nullif(last_name, '')) as name from users where id = any(${sql.array([...ids], 'int4')})`);
  return new Map(rows.map(({ id, name }) => [id, name]));
}

const studentRow = z.object({ id: z.int(), student: z.string(), payer_id: z.int(), is_active: z.boolean() });

/** Students by id; who is none is missing. */
export const studentsOf = (db: Sql, ids: readonly number[]) =>
  db.any(sql.type(studentRow)`
    select students.id, concat_ws(' ', first_name, nullif(last_name, '')) as student, payer_id, is_active
    from students join users using (id) where students.id = any(${sql.array([...ids], 'int4')}) order by students.id`);
