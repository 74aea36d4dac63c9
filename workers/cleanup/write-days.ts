import { addDays, type Day } from '../../queues/time/calendar.ts';
import type { Sql } from '../../sql/database/database.ts';
import { writeFigures, writeMoney } from '../../sql/stats/daily-figures.ts';

/** Writes the figures of studio days, in their order. Returns how many days are new or different. */
export async function writeDays(transaction: Sql, days: readonly Day[], zone: string): Promise<number> {
  const changed = new Set(await writeFigures(transaction, days, zone));
  for (const { first, last } of runsIn(days))
    for (const day of await writeMoney(transaction, { before: addDays(first, -1), last }, zone)) changed.add(day);
  return changed.size;
}

/** So many days a statement, for a large studio's to stay within its time. */
const MOST = 25;

/** Days that follow each other: what is earned is computed for all of them in one pass. */
function runsIn(days: readonly Day[]): { first: Day; last: Day }[] {
  const runs: { first: Day; last: Day }[] = [];
  for (const day of days) {
    const run = runs.at(-1);
    if (run && day === addDays(run.last, 1) && day < addDays(run.first, MOST)) run.last = day;
    else runs.push({ first: day, last: day });
  }
  return runs;
}
