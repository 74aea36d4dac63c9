import { parseArgs } from 'node:util';
import { databaseUrlOf } from '../../queues/process/fleet.ts';
import { scrub } from '../../queues/process/log.ts';
import { scopeList } from '../../queues/process/scopes.ts';
import { settingsOrExit } from '../../queues/process/settings.ts';
import { anyDay, LAST } from '../../queues/time/days.ts';
import { createKey, liveKeys, newSecret, revokeKey } from '../../sql/auth/api-keys.ts';
import { type Database, openDatabase } from '../../sql/database/database.ts';

const HELP = `npm run key -- create NAME --scopes SCOPE,SCOPE [--expires YYYY-MM-DD]   prints the secret, once
npm run key -- list
npm run key -- revoke NAME`;

/** A command the person at the terminal can mend. */
class Usage extends Error {}

/** Runs one `npm run key` command; returns what to print. Throws {@link Usage} with what is accepted. */
async function runCommand(db: Database, args: string[]): Promise<string> {
  const { positionals, values } = parseArgs({
    args,
    allowPositionals: true,
    options: { scopes: { type: 'string' }, expires: { type: 'string' } },
  });
  const [command, name] = positionals;
  if (command === 'create' && name && values.scopes) return create(db, name, values.scopes, values.expires);
  if (command === 'list') return list(db);
  if (command === 'revoke' && name) {
    if (await revokeKey(db, name)) return `revoked: ${name}`;
    throw new Usage(`there is no key "${name}"`);
  }
  throw new Usage(HELP);
}

async function create(db: Database, name: string, scopeText: string, expires?: string) {
  const scopes = scopeList.safeParse(scopeText.split(','));
  if (!scopes.success) throw new Usage(`--scopes: ${scopes.error.issues[0]?.message}`);
  if (!/^[\w-]{1,60}$/.test(name)) throw new Usage('NAME: 1 to 60 letters, digits, - and _');
  if (expires !== undefined && !(anyDay.safeParse(expires).success && new Date(expires) > new Date()))
    throw new Usage(`--expires: a date to come, YYYY-MM-DD, at most ${LAST}; the key ends as that day begins (UTC)`);
  const expiresAt = expires === undefined ? undefined : new Date(expires);
  if ((await liveKeys(db)).some((key) => key.name === name)) throw new Usage(`there is a key "${name}" already; revoke it first`);
  const secret = newSecret();
  await createKey(db, { name, secret, scopes: scopes.data, expiresAt });
  return `${secret}\n\nThis is the only time it is shown. Send it as the header X-API-Key.`;
}

async function list(db: Database) {
  const keys = await liveKeys(db);
  if (keys.length === 0) return 'no keys';
  return keys
    .map(
      (key) =>
        `${key.name}  ${key.scopes.join(',')}  expires ${key.expires_at ?? 'never'}  last used ${key.last_used_at ?? 'never'}`,
    )
    .join('\n');
}

const db = await openDatabase(databaseUrlOf(settingsOrExit()), { max: 1, name: 'key' });
try {
  console.log(await runCommand(db, process.argv.slice(2)));
} catch (error) {
  console.error(error instanceof Error ? scrub(error.message) : error);
  process.exitCode = 1;
} finally {
  await db.end();
}
