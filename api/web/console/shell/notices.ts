import { shallowRef } from 'vue';

/** One line at the bottom of the page for some seconds; with an action, what was done can be taken back. */
export type Notice = { text: string; action?: { title: string; run(): void }; isTrouble?: boolean };

export const notice = shallowRef<Notice | null>(null);
export const notify = (text: string, more: Omit<Notice, 'text'> = {}) => (notice.value = { text, ...more });
