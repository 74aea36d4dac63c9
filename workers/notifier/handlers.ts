import type { HandlersOf } from '../runner/run-context.ts';
import { digest } from './reminders/digest.ts';
import { remind } from './reminders/remind.ts';

export const handlers = { reminders: remind, digest } satisfies HandlersOf<'notifier'>;
