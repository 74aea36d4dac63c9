import { z } from 'zod';

/** A key of AES-256-GCM under the name that what it encrypted carries. */
export type VendingKey = { id: string; key: Buffer };

const FORM = 'id:key,id:key... with ids of 1 to 20 letters and digits, each once, and keys of 32 bytes in base64';
const entry = /^([a-zA-Z0-9]{1,20}):([A-Za-z0-9+/]{43}=)$/;

/** `VENDING_KEYS`: the first encrypts, all decrypt (V3). Whatever is wrong is said without the keys. */
export const vendingKeysSetting = z.string().transform((text, context): VendingKey[] => {
  const keys = text
    .split(',')
    .map((part) => part.trim())
    .filter(Boolean)
    .map((part) => {
      const [, id = '', key = ''] = entry.exec(part) ?? [];
      if (!id || new Set(Buffer.from(key, 'base64')).size < 8) context.addIssue({ code: 'custom', message: FORM });
      return { id, key: Buffer.from(key, 'base64') };
    });
  if (new Set(keys.map(({ id }) => id)).size < keys.length) context.addIssue({ code: 'custom', message: FORM });
  return keys;
});
