import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';
import { type Locale, locale } from '../database/locale.ts';

const named = z.object({ id: z.int(), first_name: z.string(), last_name: z.string() });

/** The names of people, by id. */
export const namesOf = (db: Sql, ids: readonly number[]) =>
  db.any(sql.type(named)`
    select id, first_name, last_name from users where id = any(${sql.array([...ids], 'int4')}) order by first_name, last_name, id`);

/** Whether there is such a person. */
export const isPerson = (db: Sql, id: number) => db.exists(sql.unsafe`select from users where id = ${id}`);

const own = z.object({ first_name: z.string(), last_name: z.string(), locale: locale.nullable() });
type OwnChange = {
  firstName?: string | undefined;
  lastName?: string | undefined;
  locale?: Locale | null | undefined;
};

/** Changes what a person may change of the own record; undefined stays. `locale` null: the studio's. */
export const changeOwn = (db: Sql, id: number, { firstName, lastName, locale }: OwnChange) =>
  db.one(sql.type(own)`
    update users set first_name = coalesce(${firstName ?? null}::text, first_name), last_name = coalesce(${lastName ?? null}::text, last_name),
      locale = case when ${locale !== undefined} then ${locale ?? null}::text else locale end
    where id = ${id} returning first_name, last_name, locale`);
