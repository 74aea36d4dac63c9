import moment from 'moment-timezone';
import type { Settings } from '../../queues/process/settings.ts';
import { nextTicks } from '../../queues/timetable/ticks.ts';
import { timetable } from '../../queues/timetable/timetable.ts';
import { type AdminKey, adminKeyFile } from './admin-key.ts';
import { baseUrl, publicUrl } from './ask-api.ts';

/**
 * Says where the fleet can be seen, with which key, and what it does next. The generated key itself is shown once, when it was made:
 * terminals and their logs are read by others.
 */
export function whereToLook(settings: Settings, key: AdminKey, say: (line: string) => void) {
  const url = baseUrl(settings);
  say(`
The fleet is up.
  Console     ${publicUrl(settings)}/console
  API         ${url}
  Docs        ${url}/docs
  Bull Board  ${url}/queues
  Key         ${keyLine(settings, key)}
Next ticks (${settings.zone})`);
  const width = Math.max(...timetable.map(({ name }) => name.length)) + 2;
  for (const { name, pattern } of timetable) {
    const [next] = nextTicks(pattern, settings.zone, new Date(), 1);
    say(`  ${name.padEnd(width)}${next ? moment.tz(next, settings.zone).format('ddd D MMM HH:mm') : 'never'}`);
  }
  say('\n"npm run status" shows the fleet, "npm run logs" its logs, "npm stop" stops it.');
}

const HOW = 'header X-API-Key; in a browser any name with the key as password';

function keyLine(settings: Settings, key: AdminKey): string {
  if (key.made !== undefined) return `${key.made}\n              (${HOW}; shown this once, kept in ${adminKeyFile(settings)})`;
  return key.isKept ? `in ${adminKeyFile(settings)} (${HOW})` : 'one of yours ("npm run key -- list")';
}
