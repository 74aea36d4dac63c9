import { createHmac } from 'node:crypto';

/** What Telegram gives a Mini App, signed for the bot of a token (core.telegram.org/bots/webapps). */
export function signInitData(fields: Record<string, string>, token: string): string {
  const checked = Object.entries(fields)
    .map(([name, value]) => `${name}=${value}`)
    .sort()
    .join('\n');
  const key = createHmac('sha256', 'WebAppData').update(token).digest();
  return new URLSearchParams({ ...fields, hash: createHmac('sha256', key).update(checked).digest('hex') }).toString();
}
