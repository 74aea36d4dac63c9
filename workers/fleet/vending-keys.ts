import { databaseUrlOf } from '../../queues/process/fleet.ts';
import { settingsOrExit } from '../../queues/process/settings.ts';
import { openDatabase } from '../../sql/database/database.ts';
import { reencryptSecrets } from '../vending/owners.ts';

/** `npm run vending-keys`: encrypts the secrets of all vending owners anew with the first key of VENDING_KEYS. */
const settings = settingsOrExit();
const db = await openDatabase(databaseUrlOf(settings), { max: 1, name: 'vending keys' });
try {
  const owners = await reencryptSecrets(db, settings);
  console.log(`${owners} owners: everything is encrypted with the first key; the others may leave VENDING_KEYS after a reload`);
} catch (error) {
  console.error(`nothing was changed: ${(error as Error).message}`);
  process.exitCode = 1;
} finally {
  await db.end();
}
