import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { confirmTotp, findTotp, hasTotp, putTotp, useRecoveryCode, useTotpStep } from '../../sql/auth/totp.ts';
import type { Database } from '../../sql/database/database.ts';
import { notAcceptable, Refused } from '../refusal.ts';
import { secretOf, tokenHash } from './tokens.ts';

const ISSUER = 'Studio Fleet';
const RECOVERY_CODES = 10;
/** A code of the step before or after this one is taken, too: clocks differ. */
const TOLERANCE_SECONDS = 30;

/**
 * Makes a new secret for a person's authenticator app; it is in force once {@link confirm} has seen a code of it. Throws a
 * `conflict` where one is in force: it must be taken away first.
 */
export async function begin(db: Database, userId: number, label: string): Promise<{ secret: string; url: string }> {
  const { generateSecret, generateURI } = await import('otplib');
  const secret = generateSecret();
  if (!(await putTotp(db, userId, await seal(db, userId, secret))))
    throw new Refused('conflict', 'a second factor is set up already; take it away first');
  return { secret, url: generateURI({ issuer: ISSUER, label, secret }) };
}

/**
 * Puts the second factor in force, by a code of it. Returns the recovery codes, which are shown once; null where it was in force
 * before. Throws `invalid`.
 */
export async function confirm(db: Database, userId: number, code: string, now: Date): Promise<string[] | null> {
  if (!(await isCode(db, userId, code, now)))
    throw notAcceptable('code', 'the code that the app shows now, which was not used yet');
  const codes = Array.from({ length: RECOVERY_CODES }, newRecoveryCode);
  const isNew = await db.transaction((transaction) =>
    confirmTotp(
      transaction,
      userId,
      codes.map((one) => tokenHash(bare(one))),
    ),
  );
  return isNew ? codes : null;
}

/** Throws (`unknown`) unless a person shows a code that is needed: of the app, or a recovery code; each is taken once. */
export async function demandCode(db: Database, userId: number, code: string | undefined, now: Date) {
  if (!(await hasTotp(db, userId))) return;
  if (code === undefined)
    throw new Refused('unknown', 'the code of the authenticator app is needed, too', { code_required: true });
  if (!(await isCode(db, userId, code, now))) throw wrongCode();
}

const wrongCode = () => new Refused('unknown', 'the code is wrong, or was used already', { code_required: true });

async function isCode(db: Database, userId: number, code: string, now: Date): Promise<boolean> {
  const totp = await findTotp(db, userId);
  if (!totp) return false;
  const typed = code.replaceAll(' ', '');
  if (!/^\d{6}$/.test(typed)) return totp.confirmed_at !== null && useRecoveryCode(db, userId, tokenHash(bare(typed)));
  const { verify } = await import('otplib');
  const epoch = Math.floor(now.getTime() / 1_000);
  const secret = await unseal(db, userId, totp.secret);
  const found = await verify({ secret, token: typed, epoch, epochTolerance: TOLERANCE_SECONDS });
  return found.valid && 'timeStep' in found && useTotpStep(db, userId, found.timeStep);
}

/** 80 bits in four groups of letters and digits that are not mistaken for each other. */
const newRecoveryCode = () =>
  [...randomBytes(16)]
    .map((byte) => CROCKFORD[byte % 32])
    .join('')
    .replaceAll(/(.{4})(?=.)/g, '$1-');
const CROCKFORD = '0123456789abcdefghjkmnpqrstvwxyz';
const bare = (code: string) => code.toLowerCase().replaceAll(/[^a-z0-9]/g, '');

/** Encrypts a secret for the person it belongs to: AES-256-GCM, nonce, tag, text. */
async function seal(db: Database, userId: number, secret: string): Promise<Buffer> {
  const nonce = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', await secretOf(db, 'totp'), nonce).setAAD(Buffer.from(String(userId)));
  const sealed = Buffer.concat([cipher.update(secret), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), sealed]);
}

async function unseal(db: Database, userId: number, sealed: Buffer): Promise<string> {
  const decipher = createDecipheriv('aes-256-gcm', await secretOf(db, 'totp'), sealed.subarray(0, 12))
    .setAAD(Buffer.from(String(userId)))
    .setAuthTag(sealed.subarray(12, 28));
  return Buffer.concat([decipher.update(sealed.subarray(28)), decipher.final()]).toString();
}
