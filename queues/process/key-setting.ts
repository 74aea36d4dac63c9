import { z } from 'zod';
import { scopeList, scopes } from './scopes.ts';

const FORM = 'name:secret:scope,scope;... with names of letters, digits, - and _, and secrets of 16 or more characters';
const entry = /^([\w-]{1,60}):([^:;]{16,}):([^;]+)$/;

/** `API_KEYS`: `name:secret:scope,scope;...`; a scope may itself hold a colon, a secret may not. */
export const apiKeysSetting = z.string().transform((text, context) => {
  const refuse = (message: string) => void context.addIssue({ code: 'custom', message });
  const keys = text
    .split(';')
    .map((part) => part.trim())
    .filter(Boolean)
    .map((part) => {
      const [, name = '', secret = '', list = ''] = entry.exec(part) ?? [];
      if (!name) refuse(FORM);
      const parsed = scopeList.safeParse(list.split(','));
      // What was given is not quoted: it may be the end of a secret that holds a colon.
      if (name && !parsed.success) refuse(`${FORM}; the scopes of "${name}" can be ${scopes.join(', ')}`);
      return { name, secret, scopes: parsed.data ?? [] };
    });
  const names = new Set(keys.map((key) => key.name));
  if (names.size < keys.length || new Set(keys.map((key) => key.secret)).size < keys.length)
    refuse(`${FORM}; each name and each secret once`);
  return keys;
});
