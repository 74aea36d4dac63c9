import type { ServerResponse } from 'node:http';
import { refuse, say } from './answers.ts';

type Update = { update_id: number } & Record<string, unknown>;

/** Updates as Telegram keeps them: until an offset confirms them, for one poller at a time. */
export function updateQueue() {
  let next = 1_000;
  let kept: Update[] = [];
  let brokenOff = 0;
  let poller: { response: ServerResponse; timer: NodeJS.Timeout } | null = null;

  function give(response: ServerResponse) {
    say(response, 200, { ok: true, result: kept.slice(0, 100) });
  }
  function release() {
    if (!poller) return null;
    clearTimeout(poller.timer);
    const { response } = poller;
    poller = null;
    return response;
  }
  return {
    /** What a person or a button does: an update without its number. Returns the number. */
    push(update: Record<string, unknown>): number {
      next += 1;
      kept.push({ update_id: next, ...update });
      const waiting = release();
      if (waiting) give(waiting);
      return next;
    },
    /** `getUpdates`: answers at once, or when something comes, or when time is up. A second poller throws the first one out. */
    poll(response: ServerResponse, params: Record<string, unknown>) {
      const offset = Number(params.offset ?? 0);
      if (offset > 0) kept = kept.filter((update) => update.update_id >= offset);
      const other = release();
      if (other) refuse(other, 409, 'Conflict: terminated by other getUpdates request');
      if (kept.length > 0) return give(response);
      const timer = setTimeout(
        () => {
          const waiting = release();
          if (waiting) give(waiting);
        },
        Number(params.timeout ?? 0) * 1_000,
      );
      poller = { response, timer };
      response.on('close', () => {
        if (poller?.response !== response) return;
        brokenOff += 1;
        release();
      });
    },
    /** How many polls ended because the poller went away before there was an answer. */
    brokenOff: () => brokenOff,
    /** What nobody has confirmed yet. */
    unconfirmed: () => kept.length,
    /** The same, whole. */
    waiting: () => [...kept],
    close: () => void release()?.destroy(),
  };
}
