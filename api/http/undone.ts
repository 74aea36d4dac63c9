import type { Context } from './route.ts';

/** Undoes a dry run, and brings its answer out of the transaction. */
class Undo<T> extends Error {
  readonly body: T;
  constructor(body: T) {
    super('a dry run');
    this.body = body;
  }
}

/** What would come of something: it is done and then undone, so the answer cannot differ from the deed. */
export async function undone<T>({ db }: Pick<Context, 'db'>, act: (db: Context['db']) => Promise<T>): Promise<T> {
  try {
    return await db.transaction(async (inner) => {
      throw new Undo(await act(inner));
    });
  } catch (error) {
    if (error instanceof Undo) return (error as Undo<T>).body;
    throw error;
  }
}
