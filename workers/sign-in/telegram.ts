import { createHmac, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { findByTelegram, useInitData } from '../../sql/auth/telegram.ts';
import type { Sql } from '../../sql/database/database.ts';
import { Refused } from '../refusal.ts';

const HOUR_SECONDS = 3_600;
/** Telegram's clock may be ahead of ours by so much. */
const AHEAD_SECONDS = 60;
const user = z.object({ id: z.int().positive() });

export type InitData = { telegramId: number; hash: Buffer };

/**
 * Who opened the Mini App, as Telegram has signed it for the bot of this token; null where it is not Telegram's, is changed, is more than
 * an hour old, or names nobody. (core.telegram.org/bots/webapps, "Validating data received via the Mini App")
 */
export function readInitData(initData: string, botToken: string, now: Date): InitData | null {
  const fields = new URLSearchParams(initData);
  const given = fields.get('hash') ?? '';
  fields.delete('hash');
  const names = [...fields.keys()];
  if (!/^[0-9a-f]{64}$/.test(given) || new Set(names).size < names.length) return null;
  const checked = [...fields].map(([name, value]) => `${name}=${value}`).sort();
  const secret = createHmac('sha256', 'WebAppData').update(botToken).digest();
  const hash = createHmac('sha256', secret).update(checked.join('\n')).digest();
  if (!timingSafeEqual(hash, Buffer.from(given, 'hex'))) return null;
  const age = now.getTime() / 1_000 - Number(fields.get('auth_date') ?? Number.NaN);
  if (!(age <= HOUR_SECONDS && age >= -AHEAD_SECONDS)) return null;
  const known = user.safeParse(parsed(fields.get('user') ?? ''));
  return known.success ? { telegramId: known.data.id, hash } : null;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/**
 * Who comes with what a Mini App was given. Throws `unknown` unless it is Telegram's, recent and not used yet, and as
 * {@link whoseTelegram}.
 */
export async function whoOpened(db: Sql, initData: string, botToken: string, now: Date): Promise<number> {
  const read = readInitData(initData, botToken, now);
  if (!read) throw new Refused('unknown', 'this was not signed by Telegram for this bot within the last hour; open the app anew');
  const userId = await whoseTelegram(db, read.telegramId);
  // Used up by whoever comes in: somebody who is not known yet connects first and comes again.
  if (!(await useInitData(db, read.hash, now))) throw new Refused('unknown', 'this was used already; open the app anew');
  return userId;
}

/** Whose Telegram it is. Throws `missing` for nobody's, and `not_allowed` where it would command and is not confirmed for that (D46). */
export async function whoseTelegram(db: Sql, telegramId: number): Promise<number> {
  const person = await findByTelegram(db, telegramId);
  if (!person)
    throw new Refused(
      'missing',
      'this Telegram is not connected with anybody in the studio; open the link to the bot that the studio gives you, or register',
    );
  if (person.is_unconfirmed)
    throw new Refused('not_allowed', 'this Telegram is not confirmed for somebody who commands; sign in with your password');
  return person.id;
}
