import { type Database, openDatabase } from '../../sql/database.ts';
import { chargeChunk, nightfall } from '../../sql/finance.ts';
import { fillMoney, forgetNight, stageNight, writeNightBare } from './finance-data.ts';
import { median, ms, report, timed, times } from './measure.ts';

const DAY = '2026-11-22';

/** A night's charging: 100,000 registrations against the bare writes of its rows, against a loop over rows, and 200,000. */
export async function benchFinance(url: string) {
  const db = await openDatabase(url, { max: 4, name: 'bench' });
  const { floor, ours, so } = await measure(db, 100_000);
  report(`charging ${so.registrations}: ${so.sessions} sessions, ${so.invoices} invoices, ${so.auto_payments} paid`, ms(ours));
  report('bare writes of the same rows', ms(floor));
  report('charging / bare writes', times(ours / floor), 'at most 2 x');
  const twice = await measure(db, 200_000);
  report('200,000 / 100,000', times(twice.ours / ours), 'at most 2.2 x');
  await db.end();
}

async function measure(db: Database, registrations: number) {
  await fillMoney(db, registrations);
  let so = nightfall;
  const ours: number[] = [];
  const floors: number[] = [];
  for (let round = 0; round < 3; round += 1) {
    ours.push(
      await timed(async () => {
        so = await night(db);
      }),
    );
    if (round === 0) await stageNight(db);
    await forgetNight(db);
    floors.push(await timed(() => writeNightBare(db)));
    await forgetNight(db);
  }
  return { ours: median(ours), floor: median(floors), so };
}

async function night(db: Database) {
  let so = nightfall;
  while (!so.done) so = await db.transaction((transaction) => chargeChunk(transaction, DAY, so, null));
  return so;
}
