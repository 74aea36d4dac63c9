import { withTimeout } from '../../queues/backend/with-timeout.ts';

const lines = new Map<string, Promise<void>>();

/**
 * Does something once everybody who came before to the same slot in this process has done it, or when the time is up. Whoever
 * asks the database again and again instead is in the way of the one who is waited for. Other processes have lines of their own: it
 * is no lock.
 * @param slot null: nobody is waited for
 * @param until an instant of `performance.now()`
 */
export async function enqueueForSlot<T>(slot: string | null, until: number, work: () => Promise<T>): Promise<T> {
  const patience = until - performance.now();
  if (slot === null || patience <= 0) return work();
  const before = lines.get(slot) ?? Promise.resolve();
  const turn = Promise.withResolvers<void>();
  const end = before.then(() => turn.promise);
  lines.set(slot, end);
  try {
    await withTimeout(patience, before).catch(ofTimeout);
    return await work();
  } finally {
    turn.resolve();
    void end.then(() => lines.get(slot) === end && lines.delete(slot));
  }
}

function ofTimeout(error: Error) {
  if (error.name !== 'TimeoutError') throw error;
}
