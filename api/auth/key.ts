import { parseArgs } from 'node:util';
import { type Scope, scopeList } from '../../queues/jobs/scopes.ts';
import { scrub } from '../../queues/log/log.ts';
import { databaseUrlOf } from '../../queues/process/fleet.ts';
import { whyNoKeyName } from '../../queues/process/key-name.ts';
import { settingsOrExit } from '../../queues/process/settings.ts';
import { anyDay, LAST } from '../../queues/time/days.ts';
import { type ApiKey, createKey, liveKeys, newSecret, revokeKey, rotateKey } from '../../sql/auth/api-keys.ts';
import { type Database, openDatabase } from '../../sql/database/database.ts';
import { DAY_MS } from '../../sql/database/instants.ts';
import { showVendingOwner } from '../../sql/vending/owners.ts';

const HELP = `npm run key -- create NAME --scopes SCOPE,SCOPE [--expires YYYY-MM-DD]   prints the secret, once
    [--vending-owner ID]   a key of vending:read, vending:write that sees this owner's machines and nothing else
npm run key -- rotate NAME [--overlap 7d] [--expires YYYY-MM-DD]         prints a new secret; the old one is valid for the overlap, too
npm run key -- list
npm run key -- revoke NAME`;

const OVERLAP =
  '--overlap: how long the old secret is valid, too: 0, or minutes, hours or days up to 90 days, such as 30m, 12h, 7d';
const UNITS = { m: 60_000, h: 3_600_000, d: DAY_MS };

/** A command the person at the terminal can mend. */
class Usage extends Error {}

/** Runs one `npm run key` command; returns what to print. Throws {@link Usage} with what is accepted. */
async function runCommand(db: Database, args: string[], now: Date): Promise<string> {
  const { positionals, values } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      scopes: { type: 'string' },
      expires: { type: 'string' },
      overlap: { type: 'string' },
      'vending-owner': { type: 'string' },
    },
  });
  const [command, name] = positionals;
  if (command === 'create' && name && values.scopes)
    return create(
      db,
      name,
      scopesFrom(values.scopes),
      endFrom(values.expires, now),
      await ownerFrom(db, values['vending-owner']),
    );
  if (command === 'rotate' && name)
    return rotate(db, name, overlapFrom(values.overlap ?? '7d'), endFrom(values.expires, now), now);
  if (command === 'list') return list(db, now);
  if (command === 'revoke' && name) return revoke(db, name);
  throw new Usage(HELP);
}

function scopesFrom(text: string): Scope[] {
  const scopes = scopeList.safeParse(text.split(','));
  if (!scopes.success) throw new Usage(`--scopes: ${scopes.error.issues[0]?.message}`);
  return scopes.data;
}

function endFrom(expires: string | undefined, now: Date): Date | undefined {
  if (expires === undefined) return undefined;
  if (anyDay.safeParse(expires).success && new Date(expires) > now) return new Date(expires);
  throw new Usage(`--expires: a date to come, YYYY-MM-DD, at most ${LAST}; the key ends as that day begins (UTC)`);
}

/** Milliseconds. */
function overlapFrom(text: string): number {
  const [, count = '', unit = ''] = /^(\d{1,6})([mhd])$/.exec(text === '0' ? '0m' : text) ?? [];
  const ms = Number(count) * (UNITS[unit as keyof typeof UNITS] ?? Number.NaN);
  if (!(ms <= 90 * UNITS.d)) throw new Usage(OVERLAP);
  return ms;
}

async function named(db: Database, name: string): Promise<ApiKey | undefined> {
  return (await liveKeys(db)).find((key) => key.name === name);
}

/** The vending owner a key is to be bound to. */
async function ownerFrom(db: Database, text: string | undefined): Promise<number | undefined> {
  if (text === undefined) return undefined;
  const id = /^\d{1,9}$/.test(text) ? Number(text) : 0;
  if ((await showVendingOwner(db, id)) === null) throw new Usage(`--vending-owner: there is no vending owner ${text}`);
  return id;
}

async function create(db: Database, name: string, scopes: Scope[], expiresAt?: Date, vendingOwnerId?: number) {
  const badName = whyNoKeyName(name);
  if (badName) throw new Usage(`NAME: ${badName}`);
  if (await named(db, name)) throw new Usage(`there is a key "${name}" already; revoke it first, or rotate it`);
  const secret = newSecret();
  await createKey(db, { name, secret, scopes, expiresAt, vendingOwnerId });
  return `${secret}\n\n${ONCE}`;
}

async function rotate(db: Database, name: string, overlapMs: number, expiresAt: Date | undefined, now: Date) {
  const key = await named(db, name);
  if (!key) throw new Usage(`there is no key "${name}"`);
  if (key.source === 'setting') throw new Usage(`the key "${name}" is set by API_KEYS: give it another secret there`);
  if (overlapMs > 0 && isOpen(key.previous_until, now))
    throw new Usage(`two secrets of "${name}" are valid until ${key.previous_until} already; --overlap 0 ends both for a third`);
  const secret = newSecret();
  const rotated = await rotateKey(db, { name, secret, until: new Date(now.getTime() + overlapMs), expiresAt });
  if (!rotated) throw new Usage(`there is no key "${name}" any more`);
  const old = isOpen(rotated.previous_until, now) ? `is valid until ${rotated.previous_until}, too` : 'is not valid any more';
  return `${secret}\n\n${ONCE} The secret before ${old}.`;
}

const ONCE = 'This is the only time it is shown. Send it as the header X-API-Key.';
const isOpen = (until: string | null, now: Date) => until !== null && new Date(until) > now;

async function revoke(db: Database, name: string) {
  const key = await named(db, name);
  if (!key || !(await revokeKey(db, name))) throw new Usage(`there is no key "${name}"`);
  return `revoked: ${name}${key.source === 'setting' ? '; API_KEYS makes it anew at the next start unless it is taken out there' : ''}`;
}

async function list(db: Database, now: Date) {
  const keys = await liveKeys(db);
  if (keys.length === 0) return 'no keys';
  return keys.map((key) => lineOf(key, now)).join('\n');
}

const lineOf = (key: ApiKey, now: Date) =>
  [
    key.name,
    key.prefix ? `${key.prefix}...` : '(no prefix)',
    key.scopes.join(','),
    `expires ${key.expires_at ?? 'never'}`,
    `last used ${key.last_used_at ?? 'never'}`,
    ...(isOpen(key.previous_until, now) ? [`the secret before until ${key.previous_until}`] : []),
    ...(key.source === 'setting' ? ['from API_KEYS'] : []),
    ...(key.vending_owner_id === null ? [] : [`bound to vending owner ${key.vending_owner_id}`]),
  ].join('  ');

const db = await openDatabase(databaseUrlOf(settingsOrExit()), { max: 1, name: 'key' });
try {
  console.log(await runCommand(db, process.argv.slice(2), new Date()));
} catch (error) {
  console.error(error instanceof Error ? scrub(error.message) : error);
  process.exitCode = 1;
} finally {
  await db.end();
}
