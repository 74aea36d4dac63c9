import { onScopeDispose, type Ref, ref, shallowRef, watch } from 'vue';
import { AskFailed } from '../kit/problem.ts';
import { t } from './words.ts';

export type Answered<T> = { data: Ref<T | null>; trouble: Ref<string>; again(): Promise<void> };

/** What went wrong, in words that say what to do. */
export function troubleWords(error: unknown): string {
  if (!(error instanceof AskFailed)) throw error;
  if (error.status === 0) return t('trouble.away');
  if (error.status === 404) return t('trouble.gone');
  if (error.status === 409) return t('trouble.changed');
  if (error.status === 429) return t('trouble.often');
  return t(error.status >= 500 ? 'trouble.server' : 'trouble.refused');
}

/**
 * Asks for what a screen shows, at once and whenever what it depends on changes or the app comes to the front again. What was shown stays
 * until the new is there; what went wrong with another question is not said of the new one.
 */
export function useAsked<T>(ask: (signal: AbortSignal) => Promise<T>, of: () => unknown = () => 0): Answered<T> {
  const data = shallowRef<T | null>(null) as Ref<T | null>;
  const trouble = ref('');
  let asking = new AbortController();
  async function again() {
    asking.abort();
    asking = new AbortController();
    const { signal } = asking;
    try {
      const answer = await ask(signal);
      if (signal.aborted) return;
      data.value = answer;
      trouble.value = '';
    } catch (error) {
      if (!signal.aborted) trouble.value = troubleWords(error);
    }
  }
  watch(
    of,
    () => {
      trouble.value = '';
      void again();
    },
    { immediate: true },
  );
  const seen = () => {
    if (document.visibilityState === 'visible') void again();
  };
  document.addEventListener('visibilitychange', seen);
  onScopeDispose(() => {
    document.removeEventListener('visibilitychange', seen);
    asking.abort();
  });
  return { data, trouble, again };
}

/** Does something once at a time; what goes wrong is said, and done again where it is pressed again. */
export function useDeed() {
  const isBusy = ref(false);
  const trouble = ref('');
  async function act(work: () => Promise<unknown>) {
    if (isBusy.value) return;
    isBusy.value = true;
    trouble.value = '';
    try {
      await work();
    } catch (error) {
      trouble.value = troubleWords(error);
    } finally {
      isBusy.value = false;
    }
  }
  return { isBusy, trouble, act };
}
