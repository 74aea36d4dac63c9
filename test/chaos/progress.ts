/** Says once a minute how far it is; and how many were granted in that minute. Returns what ends it. */
export function progress(now: () => { asked: number; granted: number; faults: number }, say: (line: string) => void) {
  let before = 0;
  const clock = setInterval(() => {
    const { asked, granted, faults } = now();
    const memory = Math.round(process.memoryUsage().rss / 2 ** 20);
    say(`${asked} asked, ${granted} effects (${granted - before} in this minute), ${faults} faults; ${memory} MB here`);
    before = granted;
  }, 60_000);
  return () => clearInterval(clock);
}
