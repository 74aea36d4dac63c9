const BEAT_MS = 10;

/**
 * Starts to count; the returned function ends it and tells the milliseconds in which this process ran. While the machine stands
 * still or runs others, nothing is counted: what is tested is what we wait for, not what the machine has to do besides.
 */
export function stopwatch(): () => number {
  let beats = 0;
  const timer = setInterval(() => {
    beats += 1;
  }, BEAT_MS);
  return () => {
    clearInterval(timer);
    return beats * BEAT_MS;
  };
}
