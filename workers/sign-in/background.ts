import { log } from '../../queues/log/log.ts';

const underWay = new Set<Promise<void>>();

/** Does something after the answer: how long it takes, and whether it fails, tells whoever asked nothing. A failure is logged. */
export function inBackground(what: string, work: () => Promise<unknown>) {
  const done: Promise<void> = work().then(
    () => undefined,
    (error) => log.error({ err: error }, `${what} failed`),
  );
  underWay.add(done);
  void done.finally(() => underWay.delete(done));
}

/** Waits for what is under way. */
export async function backgroundDone() {
  while (underWay.size > 0) await Promise.all(underWay);
}
