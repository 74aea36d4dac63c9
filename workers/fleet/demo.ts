import { databaseUrlOf } from '../../queues/process/fleet.ts';
import { settingsOrExit } from '../../queues/process/settings.ts';
import { dayOf } from '../../queues/time/calendar.ts';
import { openDatabase } from '../../sql/database/database.ts';
import { loadDemo } from '../../sql/demo/demo.ts';

const settings = settingsOrExit();
const now = new Date();
const db = await openDatabase(databaseUrlOf(settings), { max: 2, name: 'demo' });
try {
  console.log(
    'Loaded the demo studio:',
    await loadDemo(db, { today: dayOf(now, settings.zone), currency: settings.currency, past: { zone: settings.zone, now } }),
  );
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
} finally {
  await db.end();
}
