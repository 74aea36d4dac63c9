import type { HandlersOf } from '../runner/run-context.ts';
import { digest } from './reminders/digest.ts';
import { monthDigest } from './reminders/month-digest.ts';
import { remind } from './reminders/remind.ts';
import { trainerDay } from './reminders/trainer-day.ts';

export const handlers = {
  reminders: remind,
  digest,
  trainer_day: trainerDay,
  month_digest: monthDigest,
} satisfies HandlersOf<'notifier'>;
