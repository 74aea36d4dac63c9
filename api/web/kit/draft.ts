import { type Ref, watch } from 'vue';
import { session } from './session.ts';

const PREFIX = 'console.draft.';

// What is kept under nobody's id could be anybody's.
for (const key of Object.keys(localStorage))
  if (key.startsWith(PREFIX) && !/^\d+\./.test(key.slice(PREFIX.length))) localStorage.removeItem(key);

/** What this browser keeps under a name of whoever is signed in now: another person finds nothing there. Of nobody nothing is kept. */
export function ownKept(name: string) {
  const id = session.me.value?.user.id;
  const key = `${PREFIX}${id}.${name}`;
  return {
    /** Null where there is nothing, or nothing that can be read. */
    read(): unknown {
      try {
        return JSON.parse(localStorage.getItem(key) ?? 'null');
      } catch {
        return null;
      }
    },
    keep(value: unknown) {
      if (id !== undefined) localStorage.setItem(key, JSON.stringify(value));
    },
    forget: () => localStorage.removeItem(key),
  };
}

/**
 * Keeps what is typed where a reload, a closed tab, or signing out does not take it along; by person, since a browser may be shared. Never
 * a password. `forget` when it was sent, last of all.
 */
export function keepDraft<T extends Record<string, unknown>>(name: string, draft: Ref<T>): { forget(): void } {
  const { read, keep, forget } = ownKept(name);
  draft.value = { ...draft.value, ...(read() as Partial<T> | null) };
  watch(draft, keep, { deep: true, flush: 'sync' });
  return { forget };
}

/** For what is sent elsewhere than where it was typed. */
export const forgetDraft = (name: string) => ownKept(name).forget();
