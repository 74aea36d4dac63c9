import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { clusterDir, embeddedUrl } from '../../sql/database/embedded.ts';
import { backUp } from '../../workers/backups/back-up.ts';
import { restore } from '../../workers/backups/restore.ts';
import { archivingStudio, noTick } from '../backups/archiving-studio.ts';
import { today } from '../support/days.ts';
import { report, timed, times } from './measure.ts';

const MB = 2 ** 20;
const USUAL_MB = 256;
/** What `--scale` restores; on the disk it needs some three times as much. */
const LARGE_MB = 10 * 1_024;
/** Of each row half can be made smaller and half cannot, as in a studio's own. */
const ROW_BYTES = 1_000;

/** How long a backup of a database and its restore take, against copying the same files to the disk. */
export async function benchRestore(_url: string, isScaled: boolean) {
  const studio = await archivingStudio();
  let isRunning = true;
  const dir = mkdtempSync(join(tmpdir(), 'studio-fleet-bench-restore-'));
  try {
    await fill(embeddedUrl(studio.dataDir), isScaled ? LARGE_MB : USUAL_MB);
    const backedUp = await timed(() => backUp(studio.db, studio.settings, today(), new Date(), noTick));
    await studio.stop();
    isRunning = false;
    const files = clusterDir(studio.dataDir);
    const megabytes = Number(execFileSync('du', ['-sm', files], { encoding: 'utf8' }).split('\t')[0]);
    const copied = await timed(async () => onDisk('cp', '-a', files, join(dir, 'copy')));
    rmSync(join(dir, 'copy'), { recursive: true });
    const wish = { what: 'latest', into: join(dir, 'restored') };
    const restored = await timed(() => restore(studio.settings, wish, new Date(), noTick));
    report('the database’s files', `${megabytes} MB`);
    report('copied to the disk', seconds(copied));
    report('backed up', seconds(backedUp));
    report('restored', seconds(restored));
    report('backed up / copied', times(backedUp / copied));
    report('restored / copied', times(restored / copied));
  } finally {
    if (isRunning) await studio.close();
    rmSync(studio.dataDir, { recursive: true, force: true });
    rmSync(dir, { recursive: true, force: true });
  }
}

const seconds = (ms: number) => `${(ms / 1_000).toFixed(1)} s`;
const onDisk = (program: string, ...args: string[]) => {
  execFileSync(program, args);
  execFileSync('sync');
};

async function fill(url: string, megabytes: number) {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query('create table filling (id int primary key, random text, alike text)');
  const rows = Math.ceil((megabytes * MB) / ROW_BYTES);
  const step = 100_000;
  for (let from = 0; from < rows; from += step)
    await client.query(
      `insert into filling select n, (select string_agg(md5(n::text || part), '') from generate_series(1, 15) part), repeat('studio ', 70)
       from generate_series($1::int, $2::int) n`,
      [from, Math.min(from + step, rows) - 1],
    );
  await client.query('checkpoint');
  await client.end();
}
