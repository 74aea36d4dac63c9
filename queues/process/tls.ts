import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import { SettingsError } from './given-settings.ts';
import type { Settings } from './settings.ts';

/** The certificate and the key of `TLS_CERT` and `TLS_KEY`, as they lie on the disk now; undefined where the API speaks plain http. */
export type Tls = { cert: Buffer; key: Buffer };

/** Reads {@link Tls}. Throws {@link SettingsError} when a file cannot be read or the two do not belong together. */
export function readTls({ tls }: Pick<Settings, 'tls'>): Tls | undefined {
  if (tls === undefined) return undefined;
  const pair = { cert: read('TLS_CERT', tls.cert), key: read('TLS_KEY', tls.key) };
  try {
    createSecureContext(pair);
  } catch (error) {
    throw new SettingsError(`TLS_CERT, TLS_KEY: ${(error as Error).message}; accepted: a certificate and its key, both in PEM`);
  }
  return pair;
}

function read(name: string, file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    throw new SettingsError(`${name}: ${(error as Error).message}; accepted: a PEM file this user may read`);
  }
}
