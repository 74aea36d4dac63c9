import { computed, shallowRef } from 'vue';
import { type AnswerTo, ask, noteEntry, whenSignedOut } from './client.ts';
import { AskFailed } from './problem.ts';
import { studio } from './studio.ts';

export type Me = AnswerTo<'GET /me'>;
export type Role = 'owner' | 'admin' | 'trainer' | 'client' | 'guardian' | 'vending_owner';

/** Who signed in; null: nobody; undefined: not known yet. */
const me = shallowRef<Me | null>();
whenSignedOut(() => (me.value = null));

let mayBeSomebody = studio.hasSession;

/** Asks who signed in; after `signedIn` also where the page came without a session. Throws where the server does not answer. */
export async function lookWhoItIs({ signedIn = false } = {}): Promise<Me | null> {
  mayBeSomebody ||= signedIn;
  if (signedIn) noteEntry();
  if (!mayBeSomebody) {
    me.value = null;
    return null;
  }
  try {
    me.value = await ask('GET /me');
  } catch (error) {
    // That nobody is signed in was said by then, unless somebody has come in since this was asked.
    if (!(error instanceof AskFailed && error.status === 401)) throw error;
  }
  return me.value ?? null;
}

export const session = {
  me: computed(() => me.value ?? null),
  isKnown: () => me.value !== undefined,
  name: computed(() => (me.value ? `${me.value.user.first_name} ${me.value.user.last_name}`.trim() : '')),
  hasRole: (...roles: readonly Role[]) => roles.some((role) => me.value?.user.roles.includes(role) ?? false),
  isStudio: computed(() => me.value?.user.roles.some((role) => role === 'owner' || role === 'admin') ?? false),
};

/** Ends the session. Throws where the server does not answer: then somebody is still signed in. */
export async function signOut() {
  // The line ends with the session, which is no reason to ask who it is.
  mayBeSomebody = false;
  try {
    await ask('POST /auth/sign-out', { body: {} });
  } catch (error) {
    mayBeSomebody = true;
    throw error;
  }
  me.value = null;
}
