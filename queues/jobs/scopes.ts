import { z } from 'zod';
import { runNames } from './catalog.ts';

/**
 * Every permission a key can have. `run:<process>` lets a key trigger that process and nothing else. `rights:write` changes who
 * commands (D46); `trainings:cancel` cancels trainings without any other right over money; `pay:*` is what trainers are paid.
 */
export const scopes = [
  '*',
  ...runNames.map((name) => `run:${name}` as const),
  'history:read',
  'schedule:read',
  'schedule:write',
  'records:read',
  'records:write',
  'rights:write',
  'trainings:cancel',
  'slots:read',
  'bookings:read',
  'bookings:write',
  'money:read',
  'money:write',
  'pay:read',
  'pay:write',
  'tasks:read',
  'tasks:write',
  'vending:read',
  'vending:write',
  'metrics',
  'dashboard',
  'dashboard:write',
] as const;
export type Scope = (typeof scopes)[number];

export const isScope = (text: string): text is Scope => (scopes as readonly string[]).includes(text);

export const scopeList = z
  .array(z.string().trim())
  .min(1)
  .transform((list, context): Scope[] => {
    const unknown = list.find((scope) => !isScope(scope));
    if (unknown !== undefined)
      context.addIssue({ code: 'custom', message: `there is no scope "${unknown}"; accepted: ${scopes.join(', ')}` });
    return list.filter(isScope);
  });
