import type { Database } from '../../sql/database/database.ts';
import { settle } from '../../sql/finance/settle.ts';
import { takeOver } from '../../sql/undo/undos.ts';

/**
 * Does what was to follow from changes that nobody can take back any more (D49), a transaction each: what came back to wallets settles
 * what is owed. Returns how many changes there were.
 */
export async function followChanges(db: Database): Promise<number> {
  let changes = 0;
  while (await followNext(db)) changes += 1;
  return changes;
}

const followNext = (db: Database) =>
  db.transaction(async (transaction) => {
    const over = await takeOver(transaction);
    if (!over) return false;
    if (over.settle_payer_ids.length > 0) await settle(transaction, over.settle_payer_ids);
    return true;
  });
