import type { Directive } from 'vue';

const HIDDEN_MS = 50;

/**
 * Puts the cursor into a field when it appears. In a dialog, which is hidden while it comes, that takes a moment: whoever has gone to
 * another field by then stays there. Vuetify's own `autofocus` takes them out of it, and what they type next (a password) lands here.
 */
export const vFirst: Directive<HTMLElement> = {
  mounted(element) {
    const field = element.matches('input, textarea') ? element : element.querySelector<HTMLElement>('input, textarea');
    const before = document.activeElement;
    field?.focus();
    if (document.activeElement === field) return;
    setTimeout(() => {
      const now = document.activeElement;
      if (now === before || !now?.matches('input, textarea')) field?.focus();
    }, HIDDEN_MS);
  },
};
