import { randomInt, timingSafeEqual } from 'node:crypto';
import { findAccount, lockLogin, setPassword } from '../../sql/auth/passwords.ts';
import {
  answerRegistration,
  endRegistration,
  giveConsent,
  insertClient,
  insertRegistration,
  isRegistering,
  openRegistration,
  type Registration,
  tryRegistration,
} from '../../sql/auth/registrations.ts';
import { endOtherSessions } from '../../sql/auth/sessions.ts';
import { findByTelegram, isTelegramTaken } from '../../sql/auth/telegram.ts';
import type { Database, Sql } from '../../sql/database/database.ts';
import type { Locale } from '../../sql/database/locale.ts';
import { lockCommands } from '../../sql/records/rights.ts';
import { writeTasks } from '../../sql/tasks/tasks.ts';
import { text } from '../notifier/texts/texts.ts';
import { Refused } from '../refusal.ts';
import { hashPassword } from './hash.ts';
import { newToken, tokenHash } from './tokens.ts';

const VALID_MS = 600_000;
const PROCESSING = 'processing';

export type Registering = Pick<Registration, 'first_name' | 'last_name' | 'phone' | 'email' | 'locale' | 'text_version'>;

/** What opens the bot for a registration, from the token that only its browser has. */
const startOf = (token: string) => tokenHash(`start of ${token}`).toString('base64url');
const codeHash = (start: string, code: string) => tokenHash(`${start}:${code}`);
const newCode = () => String(randomInt(1_000_000)).padStart(6, '0');

/**
 * Begins a registration: nobody is known by it yet. By e-mail a code goes there, by Telegram the bot is opened with `start` and says one.
 * Returns what its browser must keep.
 */
export async function beginRegistration(db: Sql, by: 'email' | 'telegram', newcomer: Registering, now: Date) {
  const token = newToken();
  const [start, code] = [startOf(token), newCode()];
  await insertRegistration(db, {
    ...newcomer,
    token: tokenHash(token),
    start: by === 'telegram' ? tokenHash(start) : null,
    code: by === 'email' ? codeHash(start, code) : null,
    now,
    expires: new Date(now.getTime() + VALID_MS),
  });
  return { token, start, code };
}

/**
 * Somebody has opened the bot's link: whoever has this Telegram already is who registers, else a client is made known with it. Returns the
 * code that the browser is to show, which the bot says; null where the link is over or was opened before.
 */
export async function openedInTelegram(
  transaction: Sql,
  start: string,
  telegram: { id: number; username: string | null },
  now: Date,
  studio: Locale,
): Promise<{ code: string; registration: Registration } | null> {
  const registration = await openRegistration(transaction, tokenHash(start), now);
  if (!registration) return null;
  const known = await findByTelegram(transaction, telegram.id);
  // Of somebody who has left the studio.
  if (!known && (await isTelegramTaken(transaction, telegram.id))) return null;
  const userId = known?.id ?? (await makeKnown(transaction, { ...registration, email: null }, studio, telegram));
  if (!known) await agree(transaction, registration, userId, now);
  const code = newCode();
  await answerRegistration(transaction, registration.id, userId, codeHash(start, code));
  return { code, registration };
}

/**
 * Ends a registration by its code, and sets the password if one is given. By e-mail, whoever has that very e-mail already is who
 * registers; a record is taken over by nothing else. Returns who may sign in. Throws `missing` for one that is over, `invalid` for a
 * wrong code, of which five end it, and a `conflict` for somebody who commands: they sign in with their password (D46).
 */
export async function confirmRegistration(
  db: Database,
  given: { token: string; code: string; password?: string | undefined },
  now: Date,
  studio: Locale,
): Promise<number> {
  // A hash is made for nobody who has only made a token up.
  if (!(await isRegistering(db, tokenHash(given.token), now))) throw over();
  const hash = given.password === undefined ? null : await hashPassword(given.password);
  const outcome = await db.transaction(async (transaction) => {
    const registration = await tryRegistration(transaction, tokenHash(given.token), now);
    if (!registration) return 'over';
    const right = registration.code_hash;
    if (!right || !timingSafeEqual(right, codeHash(startOf(given.token), given.code))) return 'wrong';
    const userId = registration.user_id ?? (await whoseEmail(transaction, registration, studio));
    if (userId === null || (await lockCommands(transaction, userId))) return 'commands';
    if (hash !== null) {
      await setPassword(transaction, userId, hash);
      await endOtherSessions(transaction, userId, null);
    }
    await agree(transaction, registration, userId, now);
    await endRegistration(transaction, registration.id);
    return userId;
  });
  // The try stays counted: what is thrown inside would take it back.
  if (outcome === 'over') throw over();
  if (outcome === 'wrong')
    throw new Refused('invalid', 'the code is wrong', { errors: [{ path: 'code', message: 'the six digits that were sent' }] });
  if (outcome === 'commands') throw new Refused('conflict', 'you are known here already; sign in with your password');
  return outcome;
}

const over = () => new Refused('missing', 'this registration is over; begin anew');

const agree = (transaction: Sql, { text_version: textVersion }: Registration, userId: number, now: Date) =>
  giveConsent(transaction, { userId, kind: PROCESSING, textVersion, by: `person:${userId}`, now });

/** The one who has the confirmed e-mail, or somebody new; null where several have it. */
async function whoseEmail(transaction: Sql, registration: Registration, studio: Locale): Promise<number | null> {
  const email = { kind: 'email', value: registration.email as string } as const;
  if (!(await lockLogin(transaction, email))) return makeKnown(transaction, registration, studio);
  const account = await findAccount(transaction, email);
  return account?.is_active ? account.user_id : null;
}

/** A phone was typed and not confirmed: one that somebody has stays theirs, and the admins look whether it is the same person. */
async function makeKnown(transaction: Sql, of: Registration, studio: Locale, telegram?: { id: number; username: string | null }) {
  const isTaken = of.phone !== null && (await lockLogin(transaction, { kind: 'phone', value: of.phone }));
  const userId = await insertClient(transaction, { ...of, phone: isTaken ? null : of.phone, ...(telegram ? { telegram } : {}) });
  if (isTaken) {
    const title = text(studio, 'task.registered_twice', { name: `${of.first_name} ${of.last_name}`.trim() });
    const details = { person_id: userId, phone: of.phone };
    await writeTasks(transaction, [{ kind: 'registered_twice', title, details, dedupe: `registered_twice:${userId}` }]);
  }
  return userId;
}
