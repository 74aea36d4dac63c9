import type { Settings } from '../../queues/process/settings.ts';
import { EMBEDDED_ROLE, embeddedUrl, waitForEmbedded } from '../../sql/database/embedded.ts';
import { migrate } from '../../sql/database/migrate.ts';

/**
 * Brings the database to what this code needs, as its owner, and lets the role the processes work as use what is new.
 * Returns the names of the migrations applied now.
 */
export async function migrateDatabase({ databaseUrl, migrateUrl, dataDir }: Settings): Promise<string[]> {
  if (databaseUrl === undefined) {
    await waitForEmbedded(dataDir);
    return migrate(embeddedUrl(dataDir), { grantTo: EMBEDDED_ROLE });
  }
  if (migrateUrl === undefined) return migrate(databaseUrl);
  const [user, owner] = [databaseUrl, migrateUrl].map((url) => decodeURIComponent(new URL(url).username));
  return migrate(migrateUrl, user && user !== owner ? { grantTo: user } : {});
}
