import { hash } from 'node:crypto';
import { countFailure, failuresOf, forgetFailures } from '../../sql/auth/failures.ts';
import { findAccount, renewPassword } from '../../sql/auth/passwords.ts';
import type { Database } from '../../sql/database/database.ts';
import { Refused } from '../refusal.ts';
import { hashPassword, isCurrent, isPassword, type Lane, spendTheSame } from './hash.ts';
import { countryOf, loginFrom } from './login.ts';

/** So many failures in a row rest an account for 15 minutes, for each known device and for all others together. */
const MOST_FAILURES = 5;

type Attempt = {
  login: string;
  password: string;
  /** Whether the browser signed in before as that person; its name then counts for itself. */
  deviceOf: (userId: number) => string | null;
};

/**
 * Whose login and password these are. Throws the same refusal (`unknown`) for a login nobody has and a wrong password, after the same
 * work; a `too_many` with the seconds to wait while the account rests: then even the right password is not looked at.
 */
export async function whoseAccount(db: Database, attempt: Attempt, now: Date, zone: string): Promise<number> {
  const login = loginFrom(attempt.login, countryOf(zone));
  const account = login && (await findAccount(db, login));
  const device = account ? attempt.deviceOf(account.user_id) : null;
  const lane: Lane = device === null ? 'anybody' : 'known device';
  // Logins that mean the same person share a counter; one that means nobody has its own, so that a rest tells nothing.
  const counted = account ? `#${account.user_id}` : (login?.value ?? attempt.login.trim().toLowerCase());
  const counter = { login: hash('sha256', counted, 'buffer'), device: device ?? '' };
  const standing = await failuresOf(db, counter, now);
  if (standing.failures >= MOST_FAILURES) throw resting(standing.seconds);
  // Counted before it is looked at: many guesses at once are no more guesses than one after the other.
  const failures = await countFailure(db, counter, now);
  if (failures > MOST_FAILURES) throw resting(15 * 60);
  const isRight = await compare(attempt.password, account?.hash ?? null, lane);
  if (!account?.hash || !isRight || !account.is_active) throw new Refused('unknown', 'the login or the password is wrong');
  await forgetFailures(db, counter);
  if (!isCurrent(account.hash))
    await renewPassword(db, account.user_id, account.hash, await hashPassword(attempt.password, lane));
  return account.user_id;
}

async function compare(password: string, hash: string | null, lane: Lane): Promise<boolean> {
  if (hash !== null) return isPassword(password, hash, lane);
  await spendTheSame(password, lane);
  return false;
}

const resting = (seconds: number) =>
  new Refused('too_many', 'too many wrong passwords in a row; this account rests', {
    retry_after_seconds: Math.max(1, Math.ceil(seconds)),
  });
