import type { Database } from '../../sql/database/database.ts';
import { lockWallets, settle } from '../../sql/finance/settle.ts';
import { takeOver } from '../../sql/undo/undos.ts';
import { fillFromWaitlists, lockWithWaiting, WaitlistGrew } from '../waitlist/fill.ts';

/**
 * Does what was to follow from changes that nobody can take back any more (D49), a transaction each: what came back to wallets settles
 * what is owed, and seats that became free go to those who wait for them (R15). Returns how many changes there were.
 */
export async function followChanges(db: Database): Promise<number> {
  let changes = 0;
  for (;;) {
    try {
      if (!(await followNext(db))) return changes;
      changes += 1;
    } catch (error) {
      // Somebody began to wait since it was looked who does: the change is still to be followed.
      if (!(error instanceof WaitlistGrew)) throw error;
    }
  }
}

const followNext = (db: Database) =>
  db.transaction(async (transaction) => {
    const over = await takeOver(transaction);
    if (!over) return false;
    const { settle_payer_ids: payers, freed_training_ids: freed } = over;
    const waiting = await lockWithWaiting(transaction, freed, []);
    await lockWallets(transaction, [...new Set([...payers, ...waiting.payers])]);
    if (payers.length > 0) await settle(transaction, payers);
    await fillFromWaitlists(transaction, freed, new Date(), waiting);
    return true;
  });
