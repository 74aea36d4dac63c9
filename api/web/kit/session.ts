import { computed, shallowRef } from 'vue';
import { type AnswerTo, ask, whenSignedOut } from './client.ts';
import { AskFailed } from './problem.ts';
import { studio } from './studio.ts';

export type Me = AnswerTo<'GET /me'>;
export type Role = 'owner' | 'admin' | 'trainer' | 'client' | 'guardian' | 'vending_owner';

/** Who signed in; null: nobody; undefined: not known yet. */
const me = shallowRef<Me | null>();
/** When somebody was last found to be signed in. What was asked before says nothing about them. */
let foundAt = 0;
whenSignedOut((began) => {
  if (began >= foundAt) me.value = null;
});

let mayBeSomebody = studio.hasSession;
/** Of several looks under way the last one counts: one from before somebody signed in would sign them out. */
let looks = 0;

/** Asks who signed in; after `signedIn` also where the page came without a session. Throws where the server does not answer. */
export async function lookWhoItIs({ signedIn = false } = {}): Promise<Me | null> {
  mayBeSomebody ||= signedIn;
  if (!mayBeSomebody) {
    me.value = null;
    return null;
  }
  looks += 1;
  const mine = looks;
  const found = await ask('GET /me').catch((error) => {
    if (error instanceof AskFailed && error.status === 401) return null;
    throw error;
  });
  if (mine === looks) {
    me.value = found;
    if (found) foundAt = performance.now();
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
