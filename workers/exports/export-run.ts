import { runs } from '../../queues/jobs/catalog.ts';
import { countErasures, demandNobodyErased, forgetParts, keepPart } from '../../sql/exports/parts.ts';
import { noteExport } from '../../sql/exports/rows.ts';
import { backupUrlOf } from '../backups/back-up.ts';
import type { RunHandler } from '../runner/run-context.ts';
import { takeEverything } from './everything.ts';
import { keptUntil } from './kept.ts';
import { zipInto } from './zip.ts';

/**
 * Takes everything out into a ZIP that the API hands over (R29). Whatever was made before is forgotten; what is interrupted begins anew,
 * and so does what somebody was erased during.
 */
export const exportRun: RunHandler = async (run, { db, settings, chunk }) => {
  const { date } = runs.export.params.parse(run.params);
  let progress = { tables_done: 0, tables: 0, bytes: 0 };
  await chunk(async (transaction) => {
    await forgetParts(transaction);
    return progress;
  });
  // Before anything is read: whoever is erased later may be in the file.
  const erasures = await countErasures(db);
  let n = 0;
  const zip = zipInto(async (part) => {
    n += 1;
    progress = await chunk(async (transaction) => {
      await keepPart(transaction, { runId: run.id, n, bytes: part, erasures });
      return { ...progress, bytes: progress.bytes + part.length };
    });
  });
  const { tables, calendars } = await takeEverything(db, backupUrlOf(settings), zip.take, {
    today: date,
    zone: settings.zone,
    async onTable(tables_done, tables) {
      progress = await chunk(async () => ({ ...progress, tables_done, tables }));
    },
  });
  const bytes = await zip.end();
  await chunk(async (transaction) => {
    await demandNobodyErased(transaction, erasures);
    const cause = `run ${run.id} (export)`;
    await noteExport(transaction, { actor: run.created_by, cause, what: { what: 'everything', tables } });
    return progress;
  });
  const result = { tables, calendars, bytes, kept_until: keptUntil(new Date()) };
  return { status: 'success', result, details: {}, counts: {} };
};
