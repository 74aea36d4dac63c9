import { findAccount, renewPassword } from '../../sql/auth/passwords.ts';
import type { Database } from '../../sql/database/database.ts';
import { Refused } from '../refusal.ts';
import { type HashPlace, hashPassword, isCurrent, isPassword, spendTheSame } from './hash.ts';
import { countryOf, loginFrom } from './login.ts';
import { demandCode } from './second-factor.ts';
import { withTries } from './tries.ts';

type Attempt = {
  login: string;
  password: string;
  /** Of the authenticator app, or a recovery code; needed of whoever has a second factor. */
  code?: string | undefined;
  /** Whether the browser signed in before as that person; its name then counts for itself. */
  deviceOf: (userId: number) => string | null;
  /** Where it comes from; of those without a known device each may wait for a few places only. */
  from: string;
  /** Called before a password is looked at that comes from no known device; may throw. */
  demandRoom?: () => void;
  /** Called for each that was wrong and came from no known device. */
  missed?: () => void;
};

/**
 * Whose login and password these are. Throws the same refusal (`unknown`) for a login nobody has and a wrong password, after the same
 * work; a `too_many` while the account rests. Five failures in a row rest it for 15 minutes, for each known device and for all others
 * together.
 */
export async function whoseAccount(db: Database, attempt: Attempt, now: Date, zone: string): Promise<number> {
  const login = loginFrom(attempt.login, countryOf(zone));
  const account = login && (await findAccount(db, login));
  const device = account ? attempt.deviceOf(account.user_id) : null;
  const place: HashPlace = { lane: device === null ? 'anybody' : 'known device', from: attempt.from };
  if (device === null) attempt.demandRoom?.();
  // Logins that mean the same person share a counter; one that means nobody has its own, so that a rest tells nothing.
  const what = account ? `#${account.user_id}` : (login?.value ?? attempt.login.trim().toLowerCase());
  try {
    return await withTries(db, { what, device: device ?? '' }, now, async () => {
      const isRight = await compare(attempt.password, account?.hash ?? null, place);
      if (!account?.hash || !isRight || !account.is_active) throw new Refused('unknown', 'the login or the password is wrong');
      await demandCode(db, account.user_id, attempt.code, now);
      if (!isCurrent(account.hash))
        await renewPassword(db, account.user_id, account.hash, await hashPassword(attempt.password, place));
      return account.user_id;
    });
  } catch (error) {
    if (device === null && error instanceof Refused && error.kind === 'unknown') attempt.missed?.();
    throw error;
  }
}

async function compare(password: string, hash: string | null, place: HashPlace): Promise<boolean> {
  if (hash !== null) return isPassword(password, hash, place);
  await spendTheSame(password, place);
  return false;
}
