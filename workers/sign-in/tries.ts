import { hash } from 'node:crypto';
import { countFailure, failuresOf, forgetFailures, uncountFailure } from '../../sql/auth/failures.ts';
import type { Database } from '../../sql/database/database.ts';
import { Refused } from '../refusal.ts';

/** So many failures in a row rest what is tried for 15 minutes. */
const MOST_FAILURES = 5;

/** What is tried, such as `#17`, the account of a person; and the known device it is tried on, '' for all others together. */
export type Tried = { what: string; device?: string };

/**
 * Judges what somebody shows, at most five times in a row without success. `judge` throws where it is wrong; a `too_many` of its own
 * counts as no failure, since nothing was judged. Throws a `too_many` with the seconds to wait while it rests: then even what is right is
 * not looked at.
 */
export async function withTries<T>(db: Database, { what, device = '' }: Tried, now: Date, judge: () => Promise<T>): Promise<T> {
  const counter = { login: hash('sha256', what, 'buffer'), device };
  const standing = await failuresOf(db, counter, now);
  if (standing.failures >= MOST_FAILURES) throw resting(standing.seconds);
  // Counted before it is looked at: many guesses at once are no more guesses than one after the other.
  const failures = await countFailure(db, counter, now);
  if (failures > MOST_FAILURES) throw resting(15 * 60);
  try {
    const found = await judge();
    await forgetFailures(db, counter);
    return found;
  } catch (error) {
    if (!(error instanceof Refused) || error.kind === 'too_many') await uncountFailure(db, counter);
    throw error;
  }
}

const resting = (seconds: number) =>
  new Refused('too_many', 'too many failures in a row; this rests for a while', {
    retry_after_seconds: Math.max(1, Math.ceil(seconds)),
  });
