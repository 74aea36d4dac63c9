import { z } from 'zod';
import { scopeList } from './scopes.ts';

const FORM = 'name:secret:scope,scope;... with names of letters, digits, - and _, and secrets of 16 or more characters';
const entry = /^([\w-]{1,60}):([^:;]{16,}):([^;]+)$/;

/** `API_KEYS`: `name:secret:scope,scope;...`; a scope may itself hold a colon, a secret may not. */
export const apiKeysSetting = z.string().transform((text, context) =>
  text
    .split(';')
    .map((part) => part.trim())
    .filter(Boolean)
    .map((part) => {
      const [, name = '', secret = '', list = ''] = entry.exec(part) ?? [];
      if (!name) context.addIssue({ code: 'custom', message: FORM });
      const scopes = scopeList.safeParse(list.split(','));
      if (name && !scopes.success) context.addIssue({ code: 'custom', message: scopes.error.issues[0]?.message ?? FORM });
      return { name, secret, scopes: scopes.data ?? [] };
    }),
);
