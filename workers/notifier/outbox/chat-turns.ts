import { setTimeout as sleep } from 'node:timers/promises';
import { log } from '../../../queues/log/log.ts';
import type { Database } from '../../../sql/database/database.ts';
import type { Pace } from '../../../sql/notifications/claim.ts';
import { type ChatTurn, endTurn, takeTurn } from '../../../sql/notifications/mark.ts';

const LOOK_MS = 50;

/** Turns for messages that are not in the outbox (what the bot answers), out of the same limits as everything else. */
export function fleetTurns(db: Database, pace: Pace) {
  const held = new Map<number, ChatTurn>();
  return {
    /** Waits until a message to the chat may be sent and takes that turn. False when the signal came first. */
    async turn(chat: number, signal: AbortSignal): Promise<boolean> {
      while (!signal.aborted) {
        const turn = held.has(chat) ? null : await takeTurn(db, chat, pace);
        if (turn) {
          held.set(chat, turn);
          return true;
        }
        await sleep(LOOK_MS, null, { signal }).catch(() => undefined);
      }
      return false;
    },
    /**
     * Ends the turn of a chat when its message has been answered; the chat's second is counted from there.
     * @param floodSeconds what Telegram asked to wait, if it did
     */
    answered(chat: number, floodSeconds: number | null = null) {
      const turn = held.get(chat);
      held.delete(chat);
      // A turn that cannot be given back ends by itself with its lease.
      if (turn) endTurn(db, turn, floodSeconds, pace).catch((error) => log.warn({ err: error }, 'a turn was not given back'));
    },
  };
}
