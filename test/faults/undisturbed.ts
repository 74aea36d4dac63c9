import { expect } from '@jest/globals';
import type { Database } from '../../sql/database/database.ts';
import type { Run } from '../../sql/runs/rows.ts';
import { lab } from './lab.ts';
import { type Trade, week } from './trades.ts';

const outcome = async (trade: Trade, db: Database, run: Run) => ({ rows: await trade.rows(db), says: trade.account(run) });

const references = new Map<Trade, ReturnType<typeof outcome>>();

/** The outcome of a run that nothing disturbs. */
async function undisturbed(trade: Trade) {
  const at = await lab('postgres', { trade });
  try {
    await at.worker();
    return await outcome(trade, at.db, await at.over(await at.ask()));
  } finally {
    await at.close();
  }
}

/** Expects of a run the very rows and counts of one that nothing disturbed, in another database. */
export async function expectUndisturbed(db: Database, run: Run, trade = week) {
  if (!references.has(trade)) references.set(trade, undisturbed(trade));
  expect(await outcome(trade, db, run)).toEqual(await references.get(trade));
}
