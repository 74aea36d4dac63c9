import { hash, randomBytes } from 'node:crypto';
import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';

const keyRow = z.object({
  id: z.int(),
  name: z.string(),
  key_hash: z.instanceof(Buffer),
  scopes: z.array(z.string()),
  expires_at: z.iso.datetime().nullable(),
  last_used_at: z.iso.datetime().nullable(),
});
export type ApiKey = z.output<typeof keyRow>;

export const hashOf = (secret: string) => hash('sha256', secret, 'buffer');

/** A new secret: 256 bits, recognisable in a log that should not hold it. */
export const newSecret = () => `sf_${randomBytes(32).toString('base64url')}`;

const columns = sql.fragment`id, name, key_hash, scopes, expires_at, last_used_at`;

/** All keys that were not revoked; also the expired ones, so that their refusal can say why. */
export const liveKeys = (db: Sql) =>
  db.any(sql.type(keyRow)`select ${columns} from api_keys where revoked_at is null order by name`);

/** Stores a key by its hash. Throws on a name that is taken. */
export const createKey = (db: Sql, of: { name: string; secret: string; scopes: readonly string[]; expiresAt?: Date }) =>
  db.one(sql.type(keyRow)`
    insert into api_keys (name, key_hash, scopes, expires_at)
    values (${of.name}, ${sql.binary(hashOf(of.secret))}, ${sql.array([...of.scopes], 'text')}, ${of.expiresAt?.toISOString() ?? null}::timestamptz)
    returning ${columns}`);

/** Makes the key of that name what the settings say. A secret has one name: under an earlier one it is revoked. */
export const upsertKey = (db: Sql, of: { name: string; secret: string; scopes: readonly string[] }) =>
  db.transaction(async (transaction) => {
    await transaction.query(sql.unsafe`
      update api_keys set revoked_at = now()
      where key_hash = ${sql.binary(hashOf(of.secret))} and name <> ${of.name} and revoked_at is null`);
    await transaction.query(sql.unsafe`
      insert into api_keys (name, key_hash, scopes)
      values (${of.name}, ${sql.binary(hashOf(of.secret))}, ${sql.array([...of.scopes], 'text')})
      on conflict (name) where revoked_at is null
        do update set key_hash = excluded.key_hash, scopes = excluded.scopes, expires_at = null
        where (api_keys.key_hash, api_keys.scopes, api_keys.expires_at) is distinct from (excluded.key_hash, excluded.scopes, null)`);
  });

/** Revokes a key at once. Returns false when there is none of that name. */
export async function revokeKey(db: Sql, name: string): Promise<boolean> {
  const { rowCount } = await db.query(
    sql.unsafe`update api_keys set revoked_at = now() where name = ${name} and revoked_at is null`,
  );
  return rowCount > 0;
}

/** Remembers, to the minute, that a key was used. */
export const touchKey = (db: Sql, id: number) =>
  db.query(sql.unsafe`
    update api_keys set last_used_at = now()
    where id = ${id} and (last_used_at is null or last_used_at < now() - interval '1 minute')`);
