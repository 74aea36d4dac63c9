/** How finely the waiting is counted: what this process stood still for weighs one beat at most. */
const BEATS = 10;

/**
 * The promise, or a TimeoutError after `ms`. What the promise stands for goes on and is no longer waited for.
 * Only time in which this process runs counts: after a freeze (a stopped machine, a long collection) an answer that
 * has arrived meanwhile is read first, where a plain timer would call the other side silent.
 */
export async function withTimeout<T>(ms: number, promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    let beats = 0;
    timer = setInterval(() => {
      beats += 1;
      if (beats === BEATS) reject(Object.assign(new Error(`no answer within ${ms} ms`), { name: 'TimeoutError' }));
    }, ms / BEATS);
  });
  return Promise.race([promise, late]).finally(() => clearInterval(timer));
}
