import { isIP } from 'node:net';
import { z } from 'zod';

/** How many proxies stand before the API, or the addresses and networks of those that do. */
export type TrustProxy = number | string[];

const NAMED = ['loopback', 'linklocal', 'uniquelocal'];
const FORM = `a number of proxies from 1 to 9, or their addresses separated by commas, such as 10.0.0.0/8 or ${NAMED.join(', ')}`;

/** `TRUST_PROXY`. Everybody is never trusted: a client could then name any address as its own. */
export const trustProxySetting = z
  .string()
  .transform((text): TrustProxy => (/^[1-9]$/.test(text) ? Number(text) : text.split(',').map((part) => part.trim())))
  .refine((proxies) => typeof proxies === 'number' || proxies.every(isNetwork), { error: FORM });

const PUBLIC = 'the address of the pages, such as https://studio.example, without a path';
/** `PUBLIC_URL`: where people open the studio's pages. */
export const publicUrlSetting = z
  .string()
  .refine((text) => URL.canParse(text) && /^https?:\/\/[^/]+\/?$/.test(text), { error: PUBLIC })
  .transform((text) => new URL(text).origin);

function isNetwork(text: string): boolean {
  if (NAMED.includes(text)) return true;
  const [address = '', prefix, ...rest] = text.split('/');
  const most = { 0: 0, 4: 32, 6: 128 }[isIP(address)] ?? 0;
  if (most === 0 || rest.length > 0) return false;
  return prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) >= 1 && Number(prefix) <= most);
}

/** True for an address only this machine can reach. */
export const isLoopback = (host: string) =>
  host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));

/** Why an address that others can reach is refused. */
export const PLAIN_HTTP_REFUSED =
  'an address of this machine alone, such as 127.0.0.1, unless TLS_CERT and TLS_KEY, TRUST_PROXY or ALLOW_PLAIN_HTTP=yes is given, ' +
  'because keys and personal data would cross the network unencrypted';
