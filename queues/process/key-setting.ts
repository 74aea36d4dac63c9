import { z } from 'zod';
import { type Scope, scopeList, scopes } from '../jobs/scopes.ts';
import { whyNoKeyName } from './key-name.ts';
import { LEAST, whyWeak } from './weak-secret.ts';

const FORM = `name:secret:scope,scope;... with names of letters, digits, - and _, and secrets of ${LEAST} or more characters`;
const entry = /^([\w-]{1,60}):([^:;]+):([^;]+)$/;

/** A key as the setting has it. */
export type SettingKey = { name: string; secret: string; scopes: Scope[] };

/**
 * `API_KEYS`: `name:secret:scope,scope;...`; a scope may itself hold a colon, a secret may not. Whatever is wrong with a key is said
 * with its name, never with its secret.
 */
export const apiKeysSetting = z.string().transform((text, context) => {
  const refuse = (message: string) => void context.addIssue({ code: 'custom', message });
  const keys = text
    .split(';')
    .map((part) => part.trim())
    .filter(Boolean)
    .map((part): SettingKey => {
      const [, name = '', secret = '', list = ''] = entry.exec(part) ?? [];
      const parsed = scopeList.safeParse(list.split(','));
      const scopesOf = parsed.success ? parsed.data : [];
      if (!name) {
        refuse(FORM);
        return { name, secret, scopes: scopesOf };
      }
      const [badName, weak] = [whyNoKeyName(name), whyWeak(secret, name)];
      if (badName) refuse(`${FORM}; ${badName}`);
      // What was given is not quoted: it may be the end of a secret that holds a colon.
      if (!parsed.success) refuse(`${FORM}; the scopes of "${name}" can be ${scopes.join(', ')}`);
      if (weak) refuse(`${FORM}; the secret of "${name}" is weak: ${weak}; "openssl rand -base64 32" makes a strong one`);
      return { name, secret, scopes: scopesOf };
    });
  const names = new Set(keys.map((key) => key.name));
  if (names.size < keys.length || new Set(keys.map((key) => key.secret)).size < keys.length)
    refuse(`${FORM}; each name and each secret once`);
  return keys;
});
