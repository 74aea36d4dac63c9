import { scrub } from '../../../queues/log/log.ts';
import type { CarrierAnswer, PlainCarrier } from './carriers.ts';
import { sendMail } from './mail.ts';

/** What nodemailer says of a letter that was not taken: its own code, the server's, and after which command. */
type MailTrouble = Error & { code?: string; responseCode?: number; command?: string };

/** A message as a letter in plain text. The same message has the same Message-ID at every attempt, so that a mailbox can tell. */
export const byMail: PlainCarrier = async ({ id, address, subject, text }, settings) => {
  const domain = /@([^\s@<>]+)>?$/.exec(settings.mail?.from ?? '')?.[1] ?? 'localhost';
  try {
    await sendMail(settings, { to: address, subject, text, messageId: `<notification-${id}@${domain}>` });
    return { outcome: 'sent' };
  } catch (error) {
    return judgeMail(error as MailTrouble);
  }
};

/** Answers to a recipient that are about the address, not about this letter or today. */
const WRONG_ADDRESS = [501, 550, 551, 553];

/**
 * A recipient that the server will not take, or that is no address, is refused for good, and so is a letter it will not have (5xx after
 * DATA). What it says to us (signing in, our own address) is trouble that gets mended, as is every 4xx and every lost connection.
 */
export function judgeMail({ message, code, responseCode = 0, command = '' }: MailTrouble): CarrierAnswer {
  const error = scrub(message).slice(0, 500);
  const isForGood = responseCode >= 500 && responseCode < 600;
  if (command === 'RCPT TO' && isForGood) return { outcome: 'refused', error, isAddress: WRONG_ADDRESS.includes(responseCode) };
  if (code === 'EENVELOPE' && command === 'API' && /recipient/.test(message))
    return { outcome: 'refused', error, isAddress: true };
  if (isForGood && command === 'DATA') return { outcome: 'refused', error, isAddress: false };
  return { outcome: 'later', error };
}
