import { runs } from '../../queues/jobs/catalog.ts';
import { generationResult } from '../../queues/jobs/results.ts';
import type { Settings } from '../../queues/process/settings.ts';
import { addDays, type Day, dayOf, mondayAfter } from '../../queues/time/calendar.ts';
import { liveKeys } from '../../sql/auth/api-keys.ts';
import type { Database } from '../../sql/database/database.ts';
import { isEmptyStudio, loadDemo } from '../../sql/demo/demo.ts';
import { listRuns } from '../../sql/runs/history.ts';
import { readAdminKey } from './admin-key.ts';
import { askApi } from './ask-api.ts';

/** Loads the demo studio into an embedded database nobody has used yet. */
export async function loadDemoIfNew(db: Database, settings: Settings, say: (line: string) => void) {
  if (!(await isEmptyStudio(db)) || (await liveKeys(db)).length > 0) return;
  const now = new Date();
  const { trainers, templates, students } = await loadDemo(db, {
    today: dayOf(now, settings.zone),
    currency: settings.currency,
    past: { zone: settings.zone, now },
  });
  say(
    `Loaded the demo studio: ${trainers} trainers, ${templates} weekly templates, ${students} students, with their last eight weeks`,
  );
}

/**
 * The first runs of a fleet that never ran, asked for through the API like any other: the figures of the days that were, what is left of
 * this week, so that the board is not empty, and the next week, with its result.
 */
export async function firstNight(db: Database, settings: Settings, say: (line: string) => void) {
  const key = readAdminKey(settings) ?? settings.apiKeys.find((candidate) => candidate.scopes.includes('*'))?.secret;
  if (!key || (await listRuns(db, { limit: 1 })).length > 0) return;
  const generate = (body?: { week_start: Day }) =>
    askApi(settings, runs.generation.path, { method: 'POST', headers: { 'X-API-Key': key, Prefer: 'wait=60' }, body });
  await askApi(settings, runs.stats.path, { method: 'POST', headers: { 'X-API-Key': key } });
  await generate({ week_start: addDays(mondayAfter(dayOf(new Date(), settings.zone)), -7) });
  const { status, body } = await generate();
  const result = generationResult.safeParse(body);
  if (!result.success) return say(`The first generation has not ended yet: HTTP ${status} ${JSON.stringify(body)}`);
  const { message, period, students_added, warnings, conflicts } = result.data;
  say(`\nThe first generation, ${period.start} to ${period.end}: ${message}`);
  say(
    `  ${students_added} students have a place, ${warnings.length} warnings, ${conflicts.length} conflict(s), as the demo wants it`,
  );
}
