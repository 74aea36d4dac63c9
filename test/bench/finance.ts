import { type Database, openDatabase, type Sql } from '../../sql/database/database.ts';
import { chargeChunk, initialNightProgress } from '../../sql/finance/night.ts';
import { DAY, fillMoney, forgetNight, stageNight, writeNightBare } from './finance-data.ts';
import { chargeRowByRow } from './finance-loop.ts';
import { cpuOf, median, mostResident, ms, report, timed, times } from './measure.ts';
import { plansOf } from './plans.ts';

/** Registrations the loop over rows is given; its time for more of them grows with their number. */
const LOOPED = 10_000;

/** A night's charging: 100,000 registrations against the bare writes of its rows, against a loop over rows, and 200,000. */
export async function benchFinance(url: string, isScaled = false) {
  const db = await openDatabase(url, { max: 4, name: 'bench' });
  await (isScaled ? compareSizes(db) : compareWays(db));
  await db.end();
}

/** 1,000,000 against 100,000; each figure is printed as soon as it is known. */
async function compareSizes(db: Database) {
  const measureOne = async (registrations: number) => {
    const found = await measure(db, registrations, 1);
    const { progress, floor, ours, cpu, chunks } = found;
    report(`charging ${progress.registrations}: bare writes, ours`, `${ms(floor)}, ${ms(ours)}`);
    report('charging / bare writes', times(ours / floor), 'at most 1.5 x');
    report("the same, the database's CPU", times(cpu.ours / cpu.floor), 'at most 1.5 x');
    report('longest chunk, median of chunks', `${ms(Math.max(...chunks))}, ${ms(median(chunks))}`);
    return { ...found, most: mostResident() };
  };
  const small = await measureOne(100_000);
  const large = await measureOne(1_000_000);
  report('1,000,000 / 100,000', times(large.ours / small.ours), 'at most 11 x');
  report("the same, the database's CPU", times(large.cpu.ours / small.cpu.ours), 'at most 11 x');
  report('the same, bare writes', times(large.floor / small.floor), 'what the tables cost as they grow');
  report('most resident here', `${small.most} -> ${large.most} MB`, 'flat');
}

async function compareWays(db: Database) {
  const once = await measure(db, 100_000);
  const { progress } = once;
  const naive = (await timed(() => chargeRowByRow(db, DAY, LOOPED))) * (progress.registrations / LOOPED);
  await forgetNight(db);
  await printPlans(db);
  const twice = await measure(db, 200_000);

  report(
    `charging ${progress.registrations}: ${progress.sessions} sessions, ${progress.invoices} invoices, ${progress.auto_payments} paid`,
    ms(once.ours),
  );
  report('bare writes of the same rows', ms(once.floor));
  report(`a loop over rows (measured with ${LOOPED})`, ms(naive));
  report('charging / bare writes', times(once.ours / once.floor), 'at most 1.5 x');
  report('loop over rows / charging', times(naive / once.ours), 'at least 50 x');
  report('loop over rows / bare writes', times(naive / once.floor), 'what is possible at most');
  report('200,000 / 100,000', times(twice.ours / once.ours), 'at most 2.2 x');
  report('longest chunk', ms(Math.max(...once.chunks)), 'what a cancellation may wait for');
  report('heap after 100,000 and after 200,000', `${once.heap} -> ${twice.heap} MB`, 'flat');
}

async function measure(db: Database, registrations: number, rounds = 3) {
  await fillMoney(db, registrations);
  let progress = initialNightProgress;
  let chunks: number[] = [];
  const ours: number[] = [];
  const floors: number[] = [];
  const cpu = { floor: [] as number[], ours: [] as number[] };
  for (let round = 0; round < rounds; round += 1) {
    chunks = [];
    cpu.ours.push(
      await cpuOf(db, async () => {
        ours.push(
          await timed(async () => {
            progress = await night(db, chunks);
          }),
        );
      }),
    );
    if (round === 0) await stageNight(db);
    await forgetNight(db);
    cpu.floor.push(
      await cpuOf(db, async () => {
        floors.push(await timed(() => writeNightBare(db)));
      }),
    );
    await forgetNight(db);
  }
  const heap = Math.round(process.memoryUsage().heapUsed / 1_048_576);
  return {
    ours: median(ours),
    floor: median(floors),
    cpu: { floor: median(cpu.floor), ours: median(cpu.ours) },
    progress,
    chunks,
    heap,
  };
}

async function night(db: Database, chunks: number[]) {
  let progress = initialNightProgress;
  while (!progress.done) {
    chunks.push(
      await timed(async () => {
        progress = await db.transaction((transaction) => chargeChunk(transaction, DAY, progress, null));
      }),
    );
  }
  return progress;
}

/** The plans of one chunk in the middle of the night, as they were executed. */
async function printPlans(db: Database) {
  const middle = { ...initialNightProgress, after: 40_000 };
  const plans = await plansOf(db, (transaction: Sql) => chargeChunk(transaction, DAY, middle, null));
  console.log('  one chunk, statement by statement:');
  for (const { statement, ms: took, nodes } of plans) {
    console.log(`    ${ms(took).padStart(8)}  ${statement}`);
    for (const node of nodes) console.log(`              ${node}`);
  }
}
