import { databaseUrlOf } from '../../queues/process/fleet.ts';
import { settingsOrExit } from '../../queues/process/settings.ts';
import { migrate } from '../../sql/database/migrate.ts';

const applied = await migrate(databaseUrlOf(settingsOrExit()));
console.log(applied.length > 0 ? `Applied:\n  ${applied.join('\n  ')}` : 'The database is up to date.');
