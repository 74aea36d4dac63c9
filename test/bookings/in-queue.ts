import type { Reply, TestApi } from '../support/front-door.ts';
import { holdOpen, waitingForLock } from '../support/ledger.ts';

/** Asks one after the other, each as soon as the one before waits for what somebody holds; lets go; returns the answers. */
export async function inQueue(api: TestApi, held: string, ...asks: (() => Promise<Reply>)[]) {
  const holder = await holdOpen(api.database.url, held);
  const running: Promise<Reply>[] = [];
  for (const ask of asks) {
    running.push(ask());
    await waitingForLock(api.db, running.length);
  }
  await holder.commit();
  return Promise.all(running);
}
