import { createECDH } from 'node:crypto';
import type { Settings } from '../../../queues/process/settings.ts';
import { signingSecret } from '../../../sql/auth/secrets.ts';
import type { Database, Sql } from '../../../sql/database/database.ts';

/**
 * The keys by which push services know the studio (RFC 8292), base64url. The private one is among the studio's secrets, made by
 * whoever asks first; browsers that subscribed with the public one hear from nobody else, so it stays the same.
 */
export async function vapidKeys(db: Database | Sql): Promise<{ publicKey: string; privateKey: string }> {
  const secret = await signingSecret(db, 'vapid');
  const pair = createECDH('prime256v1');
  pair.setPrivateKey(secret);
  return { publicKey: pair.getPublicKey('base64url'), privateKey: secret.toString('base64url') };
}

/** Whom a push service may ask about what comes: the studio's e-mail, or its site. Undefined: it has neither, and cannot push. */
export function vapidSubject({ mail, publicUrl }: Pick<Settings, 'mail' | 'publicUrl'>): string | undefined {
  const [, address] = /([^\s<>]+@[^\s<>]+)>?$/.exec(mail?.from ?? '') ?? [];
  if (address) return `mailto:${address}`;
  return publicUrl?.startsWith('https:') ? new URL(publicUrl).origin : undefined;
}
