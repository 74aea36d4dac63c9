import { type RunName, runs } from '../../queues/jobs/catalog.ts';
import type { RunDefinition } from '../../queues/jobs/run-definition.ts';
import { readSettings } from '../../queues/process/settings.ts';
import { dayOf } from '../../queues/time/calendar.ts';
import type { Database } from '../../sql/database/database.ts';
import { dryRun } from '../../workers/runner/dry-run.ts';
import type { RunHandler } from '../../workers/runner/execute.ts';

/** What a handler would do at an instant if it were asked by this body; nothing stays of it. Returns its outcome. */
export function dry(db: Database, name: RunName, handler: RunHandler, body: Record<string, unknown>, at: Date) {
  const settings = readSettings({}, '/nowhere/.env');
  const asked = (runs[name] as RunDefinition).request(body, dayOf(at, settings.zone), at);
  return dryRun({ db, settings, backend: undefined as never }, name, at, (perform) =>
    perform({ ...asked, process_type: name }, handler),
  );
}
