import type { Sql } from '../../sql/database/database.ts';

class Undo<T> extends Error {
  readonly answer: T;
  constructor(answer: T) {
    super('only looked at');
    this.answer = answer;
  }
}

/** What would come of something: it is done and then undone, so that what is said cannot differ from the deed. */
export async function lookedAt<T>(db: Sql, act: (db: Sql) => Promise<T>): Promise<T> {
  try {
    return await db.transaction(async (inner) => {
      throw new Undo(await act(inner));
    });
  } catch (error) {
    if (error instanceof Undo) return (error as Undo<T>).answer;
    throw error;
  }
}
