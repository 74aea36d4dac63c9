import { createHmac, hash, randomBytes, timingSafeEqual } from 'node:crypto';
import { signingSecret } from '../../sql/auth/secrets.ts';
import type { Database, Sql } from '../../sql/database/database.ts';

/** A new token: 256 bits. Only its hash is kept. */
export const newToken = () => randomBytes(32).toString('base64url');
export const tokenHash = (token: string) => hash('sha256', token, 'buffer');

const known = new WeakMap<object, Map<string, Promise<Buffer>>>();

/** The studio's secret of a name, read once a process. */
export function secretOf(db: Database | Sql, name: string): Promise<Buffer> {
  const secrets = known.get(db) ?? new Map<string, Promise<Buffer>>();
  known.set(db, secrets);
  const found = secrets.get(name) ?? signingSecret(db, name);
  secrets.set(name, found);
  found.catch(() => secrets.delete(name));
  return found;
}

/** Signs a text; the first 128 bits. */
export const sign = (secret: Buffer, text: string) =>
  createHmac('sha256', secret).update(text).digest().subarray(0, 16).toString('base64url');

export function isSigned(secret: Buffer, text: string, signature: string): boolean {
  const [wanted, given] = [Buffer.from(sign(secret, text)), Buffer.from(signature)];
  return wanted.length === given.length && timingSafeEqual(wanted, given);
}
