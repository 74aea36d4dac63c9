import { z } from 'zod';
import { runNames } from '../jobs/catalog.ts';

/** Every permission a key can have. `run:<process>` lets a key trigger that process and nothing else. */
export const scopes: readonly string[] = [
  '*',
  ...runNames.map((name) => `run:${name}`),
  'history:read',
  'schedule:read',
  'schedule:write',
  'records:read',
  'records:write',
  'rights:write',
  'slots:read',
  'bookings:read',
  'bookings:write',
  'money:read',
  'money:write',
  'tasks:read',
  'tasks:write',
  'metrics',
  'dashboard',
  'dashboard:write',
];

export const scopeList = z
  .array(z.string().trim())
  .min(1)
  .refine((list) => list.every((scope) => scopes.includes(scope)), {
    error: (issue) => {
      const unknown = (issue.input as string[]).find((scope) => !scopes.includes(scope));
      return `there is no scope "${unknown}"; accepted: ${scopes.join(', ')}`;
    },
  });
