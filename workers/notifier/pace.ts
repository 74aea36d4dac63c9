import { setTimeout as sleep } from 'node:timers/promises';

/** Telegram allows 1 message a second to a chat and 30 a second in all (D37). */
const PER_CHAT_MS = 1_050;
const OVERALL_MS = 1_000 / 25;

/** Keeps this process within Telegram's limits, whichever drain sends. */
export function createPace() {
  let nextOverall = 0;
  const nextByChat = new Map<number, number>();
  const wait = (chat: number) => Math.max(nextOverall, nextByChat.get(chat) ?? 0) - performance.now();

  return {
    /** Waits until a message to the chat may be sent and takes that turn. False when the signal came first. */
    async turn(chat: number, signal: AbortSignal): Promise<boolean> {
      // Waits again after each sleep: another drain of this process may have been faster.
      while (!signal.aborted && wait(chat) > 0) await sleep(wait(chat), null, { signal }).catch(() => undefined);
      if (signal.aborted) return false;
      nextOverall = performance.now() + OVERALL_MS;
      nextByChat.set(chat, performance.now() + PER_CHAT_MS);
      return true;
    },
    /** The second is counted from the answer: Telegram counts from when a message reached it. */
    answered(chat: number) {
      for (const [known, next] of nextByChat) if (next < performance.now()) nextByChat.delete(known);
      nextByChat.set(chat, performance.now() + PER_CHAT_MS);
    },
  };
}
