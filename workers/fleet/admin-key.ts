import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Scope } from '../../queues/jobs/scopes.ts';
import type { Settings } from '../../queues/process/settings.ts';
import { createKey, liveKeys, newSecret } from '../../sql/auth/api-keys.ts';
import type { Database } from '../../sql/database/database.ts';

const fileOf = (settings: Settings) => join(settings.dataDir, 'admin-key');

/** The generated key: its secret if it was made just now, and whether this data folder holds it. */
export type AdminKey = { made?: string; isKept: boolean };

/** Makes the key `admin` with every scope when the fleet has no key at all; its secret stays in a file only its owner can read. */
export async function ensureAdminKey(db: Database, settings: Settings): Promise<AdminKey> {
  // A key of the setting that is not in it any more is about to be revoked.
  const isMade = settings.apiKeys.length > 0 || (await liveKeys(db)).some((key) => key.source === 'command');
  if (isMade) return { isKept: existsSync(fileOf(settings)) };
  const secret = newSecret();
  // The file comes first: a key whose secret nobody has would keep the next start from making another.
  mkdirSync(settings.dataDir, { recursive: true, mode: 0o700 });
  writeFileSync(fileOf(settings), `${secret}\n`, { mode: 0o600 });
  const scopes: Scope[] = ['*'];
  await createKey(db, { name: 'admin', secret, scopes });
  return { made: secret, isKept: true };
}

/** The generated key, if this data folder holds one. */
export const readAdminKey = (settings: Settings): string | undefined =>
  existsSync(fileOf(settings)) ? readFileSync(fileOf(settings), 'utf8').trim() : undefined;

export { fileOf as adminKeyFile };
