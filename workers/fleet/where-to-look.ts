import moment from 'moment-timezone';
import type { Settings } from '../../queues/process/settings.ts';
import { nextTicks } from '../../queues/timetable/ticks.ts';
import { timetable } from '../../queues/timetable/timetable.ts';
import { adminKeyFile } from './admin-key.ts';

export const baseUrl = ({ host, port }: Pick<Settings, 'host' | 'port'>) =>
  `http://${host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host}:${port}`;

/** Says where the fleet can be seen, with which key, and what it does next. */
export function whereToLook(settings: Settings, key: string | undefined, say: (line: string) => void) {
  const url = baseUrl(settings);
  say(`
The fleet is up.
  API         ${url}
  Docs        ${url}/docs
  Bull Board  ${url}/queues
  Key         ${key ?? 'one of yours ("npm run key -- list")'}${key ? `\n              (header X-API-Key; in a browser any name with the key as password; kept in ${adminKeyFile(settings)})` : ''}
Next ticks (${settings.zone})`);
  for (const { name, pattern } of timetable) {
    const [next] = nextTicks(pattern, settings.zone, new Date(), 1);
    say(`  ${name.padEnd(12)}${next ? moment.tz(next, settings.zone).format('ddd D MMM HH:mm') : 'never'}`);
  }
  say('\n"npm run status" shows the fleet, "npm run logs" its logs, "npm stop" stops it.');
}
