import { onScopeDispose, ref } from 'vue';

/** Milliseconds that a pointer which rests over an entry still points at it; after that what is new is shown. */
const RESTS_MS = 1_000;

/**
 * Whether a pointer is at an entry, which must then not move away from under it: it has just come there, or is pressed. `over` hears of
 * each of its moves and presses, `away` of its leaving.
 */
export function usePointed() {
  const isPointed = ref(false);
  let timer: ReturnType<typeof setTimeout> | undefined;
  function away() {
    clearTimeout(timer);
    isPointed.value = false;
  }
  function over({ target, buttons }: PointerEvent) {
    clearTimeout(timer);
    isPointed.value = target instanceof Element && target.closest('.entry, [data-entry]') !== null;
    if (isPointed.value && buttons === 0) timer = setTimeout(away, RESTS_MS);
  }
  onScopeDispose(away);
  return { isPointed, over, away };
}
