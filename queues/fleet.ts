import { openDatabase } from '../sql/database.ts';
import { embeddedUrl } from '../sql/embedded.ts';
import { waitForSchema } from '../sql/schema.ts';
import { openBackend } from './backend.ts';
import { dieOnUncaught } from './lifecycle.ts';
import { log } from './log.ts';
import { type Settings, settingsOrExit } from './settings.ts';

/** What every process of the fleet holds: its settings, the book and the bell. */
export type Fleet = Awaited<ReturnType<typeof openFleet>>;

/** Where the book is: `DATABASE_URL`, or the embedded server of the data folder. */
export const databaseUrlOf = (settings: Settings) => settings.databaseUrl ?? embeddedUrl(settings.dataDir);

/**
 * Opens the book and the bell for a process and waits until the schema is the one this code needs.
 * A database that is away is waited for; one that is ahead of this code ends the process.
 */
export async function openFleet(name: string, settings = settingsOrExit()) {
  dieOnUncaught();
  const databaseUrl = databaseUrlOf(settings);
  const db = await openDatabase(databaseUrl, { name });
  await waitForSchema(db, (error) => log.warn({ err: error }, 'the database is not ready; waiting'));
  const backend = openBackend({ redisUrl: settings.redisUrl, databaseUrl, name });
  return {
    name,
    settings,
    db,
    backend,
    async close() {
      await backend.close();
      await db.end();
    },
  };
}
