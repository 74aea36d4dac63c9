import { type Ref, watch } from 'vue';

const PREFIX = 'console.draft.';

/** Keeps what is typed where a reload, or a closed tab, does not take it along. Never a password. `forget` when it was sent, last of all. */
export function keepDraft<T extends Record<string, unknown>>(name: string, draft: Ref<T>): { forget(): void } {
  const kept = localStorage.getItem(PREFIX + name);
  if (kept !== null) draft.value = { ...draft.value, ...read(kept) };
  watch(draft, (value) => localStorage.setItem(PREFIX + name, JSON.stringify(value)), { deep: true, flush: 'sync' });
  return { forget: () => forgetDraft(name) };
}

/** For what is sent elsewhere than where it was typed. */
export const forgetDraft = (name: string) => localStorage.removeItem(PREFIX + name);

function read(kept: string): Record<string, unknown> {
  try {
    return JSON.parse(kept);
  } catch {
    return {};
  }
}
