import type { Fleet } from '../../queues/process/fleet.ts';
import { Problem } from '../http/problems.ts';
import { countGuesses } from './guesses.ts';

const HOUR_MS = 3_600_000;
const clock = () => performance.now();

const make = () => ({
  /** Wrong passwords and codes, a minute and network; a known device is judged all the same. */
  signIn: countGuesses(30),
  /** Forgotten passwords, an hour: of one network, and of one login. */
  forgot: countGuesses(10, clock, HOUR_MS),
  forgotOf: countGuesses(3, clock, HOUR_MS),
  /** Registrations, an hour: of one network, and to one address or phone. */
  register: countGuesses(10, clock, HOUR_MS),
  registerOf: countGuesses(3, clock, HOUR_MS),
});
export type Attempts = ReturnType<typeof make>;

const known = new WeakMap<object, Attempts>();

/** What people without a session have tried at this API, in this process. */
export function attemptsOf(fleet: Pick<Fleet, 'settings'>): Attempts {
  const found = known.get(fleet.settings) ?? make();
  known.set(fleet.settings, found);
  return found;
}

/** Throws a 429 while a network rests. */
export function demandRest(counted: Attempts[keyof Attempts], address: string) {
  const rest = counted.restOf(address);
  if (rest > 0)
    throw new Problem(429, 'too many tries came from this address; Retry-After says when to go on', {
      headers: { 'Retry-After': String(rest) },
    });
}
