import { type Severity, severities } from '../../../sql/alerts/conditions.ts';
import type { AlarmStep, LetterChannel, OpenAlarm, WantedLetter } from '../../../sql/alerts/letters.ts';

/** The ways of an alarm, in their order: Telegram, e-mail, SMS. */
const LEVELS: Record<Severity, number> = { warning: 1, error: 2, critical: 3 };
const EMAIL = 2;
const SMS = 3;

export type Ways = {
  /** Telegram takes what is for the admins. */
  telegramArrives: boolean;
  emails: readonly string[];
  phones: readonly string[];
};

/**
 * What is to be written about an alarm that goes on (R36): as bad as it is, and one way further once nobody has taken note of it for
 * 15 minutes. A way that fails, or leads to nobody, passes to the next one.
 */
export function lettersFor(
  { template, is_unanswered, letters }: Omit<OpenAlarm, 'fingerprint' | 'episode'>,
  ways: Ways,
): WantedLetter[] {
  const level = LEVELS[severities[template]];
  const steps: [AlarmStep, number][] = [
    ['raised', level],
    ...(is_unanswered ? [['unanswered', Math.min(level + 1, SMS)] as [AlarmStep, number]] : []),
  ];
  return steps.flatMap(([step, wanted]) => {
    const hasFailed = (channel: LetterChannel) =>
      letters.some((letter) => letter.step === step && letter.channel === channel && letter.failed && !letter.sent);
    let reached = wanted;
    if (!ways.telegramArrives) reached = Math.max(reached, EMAIL);
    if (reached >= EMAIL && (ways.emails.length === 0 || hasFailed('email'))) reached = SMS;
    const channels: LetterChannel[] = [];
    if (reached >= EMAIL && ways.emails.length > 0) channels.push('email');
    if (reached >= SMS && ways.phones.length > 0) channels.push('sms');
    return channels.map((channel) => ({ step, channel }));
  });
}
