import { databaseUrlOf } from '../../queues/process/fleet.ts';
import { settingsOrExit } from '../../queues/process/settings.ts';
import { dayOf } from '../../queues/time/calendar.ts';
import { openDatabase } from '../../sql/database/database.ts';
import { backUp } from '../backups/back-up.ts';
import { copyElsewhere } from '../backups/copy.ts';

/** Makes a backup now, as the night does, without deleting any; prints where it lies. Exits with 1 where it is not copied, too. */
const settings = settingsOrExit();
try {
  const db = await openDatabase(databaseUrlOf(settings), { max: 1, name: 'backup' });
  try {
    const now = new Date();
    const { file, bytes } = await backUp(db, settings, dayOf(now, settings.zone), now, async () => undefined);
    console.log(`Backed up: ${file} in ${settings.backupDir}, ${(bytes / 1e6).toFixed(1)} MB`);
    await copyElsewhere({ db, settings }, now).catch((error: Error) => {
      console.error(`It is not copied elsewhere: ${error.message}`);
      process.exitCode = 1;
    });
  } finally {
    await db.end();
  }
} catch (error) {
  console.error(`There is no backup: ${(error as Error).message}`);
  process.exitCode = 1;
}
