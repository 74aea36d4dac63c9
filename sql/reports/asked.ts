import { z } from 'zod';
import { sql } from '../database/database.ts';

/** What a figure is made of: one row of the studio, on the studio day it counts on, by what it is put together. */
export const entryRow = z.object({
  day: z.iso.date(),
  figure: z.string(),
  /** The kind of row and its id: `payment 17`. */
  source: z.string(),
  source_id: z.int(),
  person_id: z.int().nullable(),
  value: z.int(),
});

/** Which rows are asked for: of which figures and of whom (null: of all), at most so many. */
export type AskedRows = { figures: readonly string[] | null; who: number | null; limit: number };

/** Whether a row, by its columns `figure` and `person_id`, is asked for. */
export const isAsked = ({ figures, who }: AskedRows) => sql.fragment`(
  ${figures === null ? sql.fragment`true` : sql.fragment`figure = any(${sql.array([...figures], 'text')})`}
  and ${who === null ? sql.fragment`true` : sql.fragment`person_id = ${who}`})`;
