import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import type { VendingKey } from '../../queues/process/vending-keys-setting.ts';
import { Refused } from '../refusal.ts';

/** Which secret it is: it opens nowhere else. */
export type SecretColumn = 'login' | 'password' | 'token';

/** What was encrypted cannot be read: no such key is given, or it was tampered with. The message names the key, never the secret. */
export class CannotDecrypt extends Error {
  override name = 'CannotDecrypt';
}

const boundTo = (ownerId: number, column: SecretColumn) => Buffer.from(`${ownerId}:${column}`);

/** Encrypts with the first key as `v1:key-id:nonce:cipher+tag` (V3). Throws a refusal where no key is given. */
export function encryptSecret(keys: readonly VendingKey[], ownerId: number, column: SecretColumn, secret: string): string {
  const [first] = keys;
  if (!first) throw new Refused('conflict', 'secrets cannot be kept: the setting VENDING_KEYS gives no key');
  const nonce = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', first.key, nonce).setAAD(boundTo(ownerId, column));
  const sealed = Buffer.concat([cipher.update(secret, 'utf8'), cipher.final(), cipher.getAuthTag()]);
  return ['v1', first.id, nonce.toString('base64'), sealed.toString('base64')].join(':');
}

/** The secret. Throws {@link CannotDecrypt} rather than return anything but what was encrypted for this owner and column. */
export function decryptSecret(keys: readonly VendingKey[], ownerId: number, column: SecretColumn, text: string): string {
  const [version, id, nonce = '', sealed = ''] = text.split(':');
  const key = keys.find((candidate) => candidate.id === id)?.key;
  if (version !== 'v1' || !key) throw new CannotDecrypt(`VENDING_KEYS has no key "${String(id).slice(0, 20)}"`);
  const bytes = Buffer.from(sealed, 'base64');
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, Buffer.from(nonce, 'base64'), { authTagLength: 16 })
      .setAAD(boundTo(ownerId, column))
      .setAuthTag(bytes.subarray(-16));
    return Buffer.concat([decipher.update(bytes.subarray(0, -16)), decipher.final()]).toString('utf8');
  } catch {
    throw new CannotDecrypt(`what the key "${id}" of VENDING_KEYS encrypted does not open with it`);
  }
}
