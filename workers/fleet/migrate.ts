import { settingsOrExit } from '../../queues/process/settings.ts';
import { migrateDatabase } from './migrate-database.ts';

const settings = settingsOrExit();
try {
  const applied = await migrateDatabase(settings);
  console.log(applied.length > 0 ? `Applied:\n  ${applied.join('\n  ')}` : 'The database is up to date.');
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}
