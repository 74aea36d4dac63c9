import type { Transporter } from 'nodemailer';
import type { Settings } from '../../../queues/process/settings.ts';

/** A letter in plain text. */
export type Mail = { to: string; subject: string; text: string; messageId?: string };

const PATIENCE_MS = 10_000;
const MOST_CONNECTIONS = 2;
const transports = new Map<string, Promise<Transporter>>();

/** Whether the studio can send e-mail. */
export const canMail = ({ mail }: Pick<Settings, 'mail'>) => mail !== undefined;

/** Sends a letter through `SMTP_URL`. Rejects where that is not set, does not answer, or does not take it. */
export async function sendMail({ mail }: Pick<Settings, 'mail'>, { to, ...letter }: Mail): Promise<void> {
  if (!mail) throw new Error('SMTP_URL is not set');
  // An object, not a text: what somebody has written is never read as a list of addresses.
  const envelope = { from: mail.from, to: { name: '', address: to } };
  await (await transportOf(mail.url)).sendMail({ ...envelope, ...letter, headers: { 'Auto-Submitted': 'auto-generated' } });
}

/** Greets the mail server and signs in, and sends nothing. Rejects where it is not set up, does not answer, or will not have us. */
export async function verifyMail({ mail }: Pick<Settings, 'mail'>): Promise<void> {
  if (!mail) throw new Error('SMTP_URL is not set');
  await (await transportOf(mail.url)).verify();
}

/** The library is loaded when the first letter is sent; its connections are kept and shared. */
function transportOf(url: string): Promise<Transporter> {
  const known = transports.get(url);
  if (known) return known;
  const made = import('nodemailer').then(({ createTransport }) =>
    createTransport({
      url,
      pool: true,
      maxConnections: MOST_CONNECTIONS,
      connectionTimeout: PATIENCE_MS,
      greetingTimeout: PATIENCE_MS,
      socketTimeout: PATIENCE_MS,
    } as object),
  );
  transports.set(url, made);
  return made;
}

/** Ends the connections that are kept; the next letter opens new ones. */
export async function closeMail() {
  for (const transport of transports.values()) (await transport).close();
  transports.clear();
}
