import type { Sql } from '../database/database.ts';
import { clearAlert, raiseAlert, type Trouble } from './alerts.ts';

/** A condition that is looked at again and again: it is one alarm while it holds, and one end of it (R36). */
export async function settleCondition(transaction: Sql, chatIds: readonly number[], holds: boolean, trouble: Trouble, now: Date) {
  if (holds) await raiseAlert(transaction, chatIds, { ...trouble, isOngoing: true, isOnce: true }, now);
  else await clearAlert(transaction, chatIds, trouble.fingerprint, now);
}
