import { z } from 'zod';
import { type Database, openDatabase, sql } from '../../sql/database/database.ts';
import { dueInOrder } from '../../sql/renewal/due.ts';
import { endings } from '../../workers/renewal/endings.ts';
import { initialRenewal, type RenewalProgress, type Terms } from '../../workers/renewal/night.ts';
import { renewals } from '../../workers/renewal/renewals.ts';
import { unpaid } from '../../workers/renewal/unpaid.ts';
import { median, ms, report, timed, times } from './measure.ts';
import { DAY, fillRenewals, forgetNight, keepAside, writeNightBare } from './renewal-data.ts';

const RENEWALS = 100_000;
const TERMS: Terms = { runId: 1, date: DAY, today: DAY, graceDays: 7, zone: 'UTC', adminChatIds: [] };
const PARTS = { renewals, endings, unpaid };

/** A night of 100,000 renewals, whole, with its notices: against the bare inserts of the same rows. */
export async function benchRenewal(url: string) {
  const db = await openDatabase(url, { max: 4, name: 'bench' });
  await fillRenewals(db, RENEWALS);
  await db.query(sql.unsafe`
    insert into automated_process_history (process_type, run_key, process_date) values ('auto_renewal', 'bench', ${DAY}::date)`);
  let progress = initialRenewal;
  const ours: number[] = [];
  const floors: number[] = [];
  for (let round = 0; round < 3; round += 1) {
    ours.push(
      await timed(async () => {
        progress = await wholeNight(db);
      }),
    );
    if (round === 0) await keepAside(db, 'after');
    await forgetNight(db);
    floors.push(await timed(() => writeNightBare(db)));
    await forgetNight(db);
  }
  report(`renewing ${progress.renewed}: ${progress.carried} sessions carried, ${progress.auto_payments} paid`, ms(median(ours)));
  report('bare inserts of the same rows', ms(median(floors)));
  report('renewing / bare inserts', times(median(ours) / median(floors)), 'at most 2.5 x');
  await explain(db);
  await db.end();
}

async function wholeNight(db: Database): Promise<RenewalProgress> {
  let progress = initialRenewal;
  while (progress.part !== 'over') {
    const part = PARTS[progress.part];
    progress = await db.transaction((transaction) => part(transaction, progress, TERMS));
  }
  return progress;
}

/** How the night finds what is due: the plan of its range, in one line. */
async function explain(db: Database) {
  const lines = await db.anyFirst(sql.type(z.object({ 'QUERY PLAN': z.string() }))`
    explain (analyze, costs off, timing off, buffers off) ${dueInOrder(DAY, null, 2_000)}`);
  console.log('  the plan of a chunk:');
  for (const line of lines.filter((line) => /Scan|Join|Loop|Sort|Limit|Execution/.test(line))) console.log(`    ${line}`);
}
