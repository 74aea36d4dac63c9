import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';

export const noteRow = z.object({
  id: z.int(),
  user_id: z.int(),
  note: z.string(),
  author: z.string(),
  created_at: z.iso.datetime(),
});

/** Notes something on somebody's card; `author` as changes are signed. */
export const addNote = (db: Sql, of: { userId: number; note: string; author: string }) =>
  db.one(sql.type(noteRow)`
    insert into person_notes (user_id, note, author) values (${of.userId}, ${of.note}, ${of.author})
    returning id, user_id, note, author, created_at`);

/** Deletes a note of somebody's card; what it said stays in the log of changes. Returns false when there is none. */
export async function deleteNote(db: Sql, of: { userId: number; id: number }): Promise<boolean> {
  const { rowCount } = await db.query(sql.unsafe`delete from person_notes where id = ${of.id} and user_id = ${of.userId}`);
  return rowCount > 0;
}
