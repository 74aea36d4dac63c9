import { sql } from './database.ts';

/**
 * Tuples as rows of a statement, like `sql.unnest`, for statements that are prepared: the planner does not see how many
 * there are, so one plan is right for every number of them, and it is made once.
 */
export const rowsOf = (tuples: readonly (readonly (number | string | boolean | null)[])[], types: readonly string[]) =>
  sql.fragment`unnest(${sql.join(
    types.map((type, n) => sql.fragment`(select ${sql.array(tuples.map((tuple) => tuple[n] ?? null) as never, type)})`),
    sql.fragment`, `,
  )})`;
