/** What Telegram lets a bot send: 30 messages in any second, one in any second to a chat, 20 in any minute to a group. */
const OVERALL = { most: 30, ms: 1_000 };
const CHAT = { most: 1, ms: 1_000 };
const GROUP = { most: 20, ms: 60_000 };

export type Refusals = { overall: number; chat: number; group: number };

/**
 * Enforces the limits over sliding windows, by arrival.
 * @param speed how many times faster than Telegram's clock this one runs: with 10 a second lasts a tenth of one
 */
export function telegramLimits(speed = 1) {
  const refused: Refusals = { overall: 0, chat: 0, group: 0 };
  const all: number[] = [];
  const byChat = new Map<number, number[]>();

  /** Seconds to wait, or 0 when the message is let through. */
  function arrive(chat: number, now = performance.now()): number {
    const own = byChat.get(chat) ?? [];
    byChat.set(chat, own);
    const rules = [
      ['overall', all, OVERALL],
      ['chat', own, CHAT],
      ...(chat < 0 ? ([['group', own, GROUP]] as const) : []),
    ] as const;
    for (const [name, arrivals, { most, ms }] of rules) {
      const oldest = arrivals.at(-most);
      const wait = oldest === undefined ? 0 : oldest + ms / speed - now;
      if (wait <= 0) continue;
      refused[name] += 1;
      return Math.max(1, Math.ceil(wait / 1_000));
    }
    all.push(now);
    own.push(now);
    return 0;
  }
  return { arrive, refused };
}
