import { runs } from '../../queues/jobs/catalog.ts';
import { describeBackups } from '../../sql/backups/backups.ts';
import type { Outcome } from '../../sql/runs/execute.ts';
import type { RunHandler } from '../runner/run-context.ts';
import { backUp, shrunk } from './back-up.ts';
import { listManifests } from './files.ts';
import { folderAt } from './folder.ts';
import { prune } from './retention.ts';
import { verifyNewest } from './verify.ts';

const SHOWN_EVERY_MS = 5_000;

/** Shows every few seconds how long it has lasted, and so learns whether the worker drains: then the work is begun anew later. */
function ticking(chunk: Parameters<RunHandler>[1]['chunk']) {
  const began = performance.now();
  let last = began;
  return async () => {
    const now = performance.now();
    if (now - last < SHOWN_EVERY_MS) return;
    last = now;
    await chunk(async () => ({ seconds: Math.round((now - began) / 1_000) }));
  };
}

/** Makes the night's backup, and deletes what is old now that there is a newer one (R33, R34). */
export const backupNight: RunHandler = async (run, { db, settings, now, chunk }) => {
  const { date } = runs.backup.params.parse(run.params);
  const made = await backUp(db, settings, date, now, ticking(chunk));
  const folder = folderAt(settings.backupDir);
  const manifests = await listManifests(folder);
  const small = shrunk(manifests, made);
  const pruned = await prune(folder, date);
  await describeBackups(db, await listManifests(folder));
  return {
    status: 'success',
    result: { file: made.file, bytes: made.bytes, ...pruned },
    details: small ? { warnings: [{ reason: 'shrunk', ...small }] } : {},
    counts: {},
    notices: small
      ? [{ template: 'backup_shrunk', dedupe: `backup_shrunk:${made.file}`, params: { ...small, file: made.file } }]
      : [],
  };
};

/** Restores the newest backup into a scratch server, which alone makes it a verified one (R34). */
export const verifyNight: RunHandler = async (_run, { db, settings, now, chunk }): Promise<Outcome> => {
  const { file, row_counts } = await verifyNewest(db, settings, now, ticking(chunk));
  const rows = Object.values(row_counts).reduce((sum, count) => sum + count, 0);
  return { status: 'success', result: { file, rows }, details: {}, counts: {} };
};
