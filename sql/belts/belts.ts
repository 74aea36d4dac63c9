import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';

/** A belt and what the step out of it needs (R1); see migration 0080 for each column. */
export const beltColumns = {
  program: z.string(),
  path: z.enum(['kids', 'adult']),
  position: z.int(),
  name: z.string(),
  max_stripes: z.int(),
  min_age: z.int().nullable(),
  max_age: z.int().nullable(),
  months: z.int(),
  young_months: z.int().nullable(),
  trainings: z.int(),
  stripe_months: z.array(z.int()),
  stripe_trainings: z.int(),
  becomes: z.int().nullable(),
};
const beltRow = z.object({ id: z.int(), ...beltColumns });
export type Belt = z.output<typeof beltRow>;

/** These belts, by id. */
export const findBelts = (db: Sql, ids: readonly number[]) =>
  db.any(sql.type(beltRow)`
    select id, program, path, position, name, max_stripes, min_age, max_age, months, young_months, trainings, stripe_months,
      stripe_trainings, becomes
    from belts where id = any(${sql.array([...ids], 'int4')}) order by id`);
