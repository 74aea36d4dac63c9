import { hash, randomBytes } from 'node:crypto';
import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';

const keyRow = z.object({
  id: z.int(),
  name: z.string(),
  /** The beginning of a generated secret; null: an older key, or a secret that somebody chose. */
  prefix: z.string().nullable(),
  key_hash: z.instanceof(Buffer),
  /** The secret before the last rotation, valid until `previous_until`. */
  previous_hash: z.instanceof(Buffer).nullable(),
  previous_until: z.iso.datetime().nullable(),
  scopes: z.array(z.string()),
  source: z.enum(['setting', 'command']),
  expires_at: z.iso.datetime().nullable(),
  last_used_at: z.iso.datetime().nullable(),
  /** The vending owner it is bound to (V30); null: none. */
  vending_owner_id: z.int().nullable(),
});
export type ApiKey = z.output<typeof keyRow>;

export const hashOf = (secret: string) => hash('sha256', secret, 'buffer');

/** A new secret: 256 bits, recognisable in a log that should not hold it. */
export const newSecret = () => `sf_${randomBytes(32).toString('base64url')}`;

/** What of a generated secret may be seen: `sf_` and 8 characters, of 43. Of a secret that somebody chose, nothing. */
export const prefixOf = (secret: string) => /^sf_[\w-]{8}(?=[\w-]{35}$)/.exec(secret)?.[0] ?? null;

const columns = sql.fragment`id, name, prefix, key_hash, previous_hash, previous_until, scopes, source, expires_at, last_used_at, vending_owner_id`;

/** All keys that were not revoked; also the expired ones, so that their refusal can say why. */
export const liveKeys = (db: Sql) =>
  db.any(sql.type(keyRow)`select ${columns} from api_keys where revoked_at is null order by name`);

type NewKey = { name: string; secret: string; scopes: readonly string[]; expiresAt?: Date; vendingOwnerId?: number };

/** Stores a key by its hash. Throws on a name that is taken. */
export const createKey = (db: Sql, key: NewKey) =>
  db.one(sql.type(keyRow)`
    insert into api_keys (name, prefix, key_hash, scopes, expires_at, vending_owner_id)
    values (${key.name}, ${prefixOf(key.secret)}, ${sql.binary(hashOf(key.secret))}, ${sql.array([...key.scopes], 'text')},
      ${key.expiresAt?.toISOString() ?? null}::timestamptz, ${key.vendingOwnerId ?? null})
    returning ${columns}`);

type SettingKey = Omit<NewKey, 'expiresAt' | 'vendingOwnerId'>;

/**
 * Makes the keys of the setting what it says, in one transaction that starts of other processes wait for, and revokes those that an
 * earlier start made and that are not in it any more. A secret has one name: under an earlier one it is revoked.
 * Returns the names that were revoked.
 */
export const syncSettingKeys = (db: Sql, keys: readonly SettingKey[]) =>
  db.transaction(async (transaction) => {
    await transaction.query(sql.unsafe`select pg_advisory_xact_lock(hashtext('keys of the setting'))`);
    const names = sql.array(
      keys.map((key) => key.name),
      'text',
    );
    const revoked = await transaction.anyFirst(sql.type(z.object({ name: z.string() }))`
      update api_keys set revoked_at = now()
      where revoked_at is null and source = 'setting' and name <> all (${names}) returning name`);
    for (const key of keys) await upsertKey(transaction, key);
    return [...revoked].sort();
  });

/** A rotation ends with what the setting says: it knows one secret. */
async function upsertKey(transaction: Sql, key: SettingKey) {
  const keyHash = sql.binary(hashOf(key.secret));
  await transaction.query(sql.unsafe`
    update api_keys set revoked_at = now() where key_hash = ${keyHash} and name <> ${key.name} and revoked_at is null`);
  await transaction.query(sql.unsafe`
    insert into api_keys (name, prefix, key_hash, scopes, source)
    values (${key.name}, ${prefixOf(key.secret)}, ${keyHash}, ${sql.array([...key.scopes], 'text')}, 'setting')
    on conflict (name) where revoked_at is null
      do update set key_hash = excluded.key_hash, prefix = excluded.prefix, scopes = excluded.scopes, source = excluded.source,
        expires_at = null, previous_hash = null, previous_until = null
      where (api_keys.key_hash, api_keys.prefix, api_keys.scopes, api_keys.source, api_keys.expires_at, api_keys.previous_hash)
        is distinct from (excluded.key_hash, excluded.prefix, excluded.scopes, excluded.source, null, null)`);
}

/**
 * Gives a key made by command a new secret. The one before stays valid until `until` or its own expiry, whichever comes first.
 * @param expiresAt the key's new end; undefined: as it is
 * Returns the key, or null when there is none of that name.
 */
export const rotateKey = (db: Sql, rotation: { name: string; secret: string; until: Date; expiresAt?: Date }) =>
  db.maybeOne(sql.type(keyRow)`
    update api_keys set previous_hash = key_hash,
      previous_until = least(${rotation.until.toISOString()}::timestamptz, expires_at),
      key_hash = ${sql.binary(hashOf(rotation.secret))}, prefix = ${prefixOf(rotation.secret)},
      expires_at = coalesce(${rotation.expiresAt?.toISOString() ?? null}::timestamptz, expires_at)
    where name = ${rotation.name} and revoked_at is null and source = 'command'
    returning ${columns}`);

/** Revokes a key at once, with the secret before its rotation. Returns false when there is none of that name. */
export async function revokeKey(db: Sql, name: string): Promise<boolean> {
  const { rowCount } = await db.query(
    sql.unsafe`update api_keys set revoked_at = now() where name = ${name} and revoked_at is null`,
  );
  return rowCount > 0;
}

const expiring = z.object({ id: z.int(), name: z.string(), prefix: z.string().nullable(), expires_at: z.iso.datetime() });

/** The live keys that end after `from` and not after `to`, soonest first. */
export const keysExpiring = (db: Sql, from: Date, to: Date) =>
  db.any(sql.type(expiring)`
    select id, name, prefix, expires_at from api_keys
    where revoked_at is null and expires_at > ${from.toISOString()}::timestamptz and expires_at <= ${to.toISOString()}::timestamptz
    order by expires_at, id`);

/** Remembers, to the minute, that a key was used. */
export const touchKey = (db: Sql, id: number) =>
  db.query(sql.unsafe`
    update api_keys set last_used_at = now()
    where id = ${id} and (last_used_at is null or last_used_at < now() - interval '1 minute')`);
