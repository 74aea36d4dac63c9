import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';

const named = z.object({ id: z.int(), first_name: z.string(), last_name: z.string() });

/** The names of people, by id. */
export const namesOf = (db: Sql, ids: readonly number[]) =>
  db.any(sql.type(named)`
    select id, first_name, last_name from users where id = any(${sql.array([...ids], 'int4')}) order by first_name, last_name, id`);

/** Whether there is such a person. */
export const isPerson = (db: Sql, id: number) => db.exists(sql.unsafe`select from users where id = ${id}`);
