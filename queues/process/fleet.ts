import { type Database, type DatabaseOptions, openDatabase } from '../../sql/database/database.ts';
import { embeddedRoleUrl } from '../../sql/database/embedded.ts';
import { isOutage } from '../../sql/database/outage.ts';
import { waitForSchema } from '../../sql/database/schema.ts';
import { openBackend } from '../backend/backend.ts';
import { log } from '../log/log.ts';
import { dieOnUncaught } from './lifecycle.ts';
import { keepLogsSmall } from './log-files.ts';
import { type Settings, settingsOrExit } from './settings.ts';

/** What every process of the fleet holds: its settings, the database and the queues. */
export type Fleet = Awaited<ReturnType<typeof openFleet>>;

/**
 * What somebody waits for at a route is no night's work: a statement may take 20 s there and wait 3 s for each lock. The routes
 * share out the connections among their callers.
 */
export const API_DATABASE = { max: 16, limits: { statementMs: 20_000, lockMs: 3_000 } } satisfies DatabaseOptions;

/** Where the database is: `DATABASE_URL`, or the embedded server of the data folder, as the role of the fleet. */
export const databaseUrlOf = (settings: Settings) => settings.databaseUrl ?? embeddedRoleUrl(settings.dataDir);

let closed: (() => void) | undefined;
/** From now on no fleet is opened in this process: whoever tries is waited for no more. For loading apps without starting them. */
export function keepClosed(onTry: () => void) {
  closed = onTry;
}
/** False where apps are loaded without being started. */
export const mayOpen = () => closed === undefined;
function stayClosed(): Promise<never> {
  closed?.();
  return new Promise(() => undefined);
}

/**
 * Opens the database and the queues for a process and waits until the schema is the one this code needs.
 * A database that is away is waited for; one that is ahead of this code ends the process.
 */
export async function openFleet(name: string, settings = closed ? undefined : settingsOrExit()) {
  if (settings === undefined) return stayClosed();
  process.umask(0o077);
  dieOnUncaught();
  keepLogsSmall(settings);
  const databaseUrl = databaseUrlOf(settings);
  const { traces } = settings;
  const endTracing = traces && (await import('./tracing.ts')).startTracing(traces, name);
  const logWaiting = (error: unknown) => log.warn({ err: error }, 'the database is not ready; waiting');
  const db = await openPatiently(databaseUrl, name, logWaiting);
  await waitForSchema(db, logWaiting);
  const backend = openBackend({ redisUrl: settings.redisUrl, databaseUrl, name });
  return {
    name,
    settings,
    db,
    backend,
    async close() {
      await backend.close();
      await db.end();
      await endTracing?.();
    },
  };
}

/** Slonik asks the server for its types when a pool is opened, so the very first step waits for a database that is away. */
async function openPatiently(url: string, name: string, onWait: (error: unknown) => void): Promise<Database> {
  for (let tries = 0; ; tries += 1) {
    try {
      return await openDatabase(url, { name, ...(name === 'api' ? API_DATABASE : {}) });
    } catch (error) {
      if (!isOutage(error)) throw error;
      if (tries % 10 === 0) onWait(error);
      await new Promise((next) => setTimeout(next, 1_000));
    }
  }
}
