import type { Settings } from '../../queues/process/settings.ts';
import { archivesTo, connectForBackup } from '../../sql/backups/server.ts';
import { embeddedUrl } from '../../sql/database/embedded.ts';

/**
 * Says what is to be done where the embedded server runs with the settings of an earlier version, or of another BACKUP_DIR: it keeps
 * its write-ahead log from its next start on.
 */
export async function sayNotArchiving({ dataDir, backupDir, backupKeyFile }: Settings, say: (line: string) => void) {
  const client = await connectForBackup(embeddedUrl(dataDir));
  try {
    if (await archivesTo(client, backupDir, backupKeyFile)) return;
    say(
      `The embedded PostgreSQL was started before backups were kept in ${backupDir}: there are none until "npm stop" and "npm start".`,
    );
  } finally {
    await client.end();
  }
}
