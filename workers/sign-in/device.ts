import { randomBytes } from 'node:crypto';
import { isSigned, sign } from './tokens.ts';

/** So many people of one browser are known; then who signed in longest ago is not. */
const MOST_PEOPLE = 5;

/**
 * A browser's signed cookie: its name, and for each person who signed in there a signature. It opens nothing: it only gives
 * somebody who signed in there before a counter and a place of their own.
 */
const partsOf = (cookie: string | null) => {
  const [name = '', ...signatures] = (cookie ?? '').split('.');
  return /^[\w-]{22}$/.test(name) ? { name, signatures: signatures.slice(0, MOST_PEOPLE) } : null;
};

/** The name of a browser on which a person signed in before, or null. */
export function deviceOf(secret: Buffer, cookie: string | null, userId: number): string | null {
  const parts = partsOf(cookie);
  return parts?.signatures.some((signature) => isSigned(secret, `${parts.name}:${userId}`, signature)) ? parts.name : null;
}

/** The cookie of a browser once a person has signed in there. */
export function deviceWith(secret: Buffer, cookie: string | null, userId: number): string {
  const parts = partsOf(cookie) ?? { name: randomBytes(16).toString('base64url'), signatures: [] };
  const own = sign(secret, `${parts.name}:${userId}`);
  return [parts.name, own, ...parts.signatures.filter((signature) => signature !== own).slice(0, MOST_PEOPLE - 1)].join('.');
}
