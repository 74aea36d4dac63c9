import { databaseUrlOf } from '../../queues/fleet.ts';
import { settingsOrExit } from '../../queues/settings.ts';
import { migrate } from '../../sql/migrate.ts';

const applied = await migrate(databaseUrlOf(settingsOrExit()));
console.log(applied.length > 0 ? `Applied:\n  ${applied.join('\n  ')}` : 'The database is up to date.');
