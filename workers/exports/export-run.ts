import { runs } from '../../queues/jobs/catalog.ts';
import { forgetParts, keepPart } from '../../sql/exports/parts.ts';
import { noteExport } from '../../sql/exports/rows.ts';
import { backupUrlOf } from '../backups/back-up.ts';
import type { RunHandler } from '../runner/run-context.ts';
import { takeEverything } from './everything.ts';
import { zipInto } from './zip.ts';

/** Takes everything out into a ZIP that the API hands over (R29). Whatever was made before is forgotten; what is interrupted begins anew. */
export const exportRun: RunHandler = async (run, { db, settings, chunk }) => {
  const { date } = runs.export.params.parse(run.params);
  let progress = { tables_done: 0, tables: 0, bytes: 0 };
  await chunk(async (transaction) => {
    await forgetParts(transaction);
    return progress;
  });
  let n = 0;
  const zip = zipInto(async (part) => {
    n += 1;
    progress = await chunk(async (transaction) => {
      await keepPart(transaction, { runId: run.id, n, bytes: part });
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
  await noteExport(db, { actor: run.created_by, cause: `run ${run.id} (export)`, what: { what: 'everything', tables } });
  return { status: 'success', result: { tables, calendars, bytes }, details: {}, counts: {} };
};
