/** The least number of looks a second of patience is worth. */
const LOOKS = 10;

/**
 * Asks again until the answer is truthy; throws with the last answer after `seconds`. A second also means ten looks: on a
 * machine that has other things to do, patience lasts as much longer as looking does.
 */
export async function eventually<T>(ask: () => Promise<T> | T, seconds = 60): Promise<NonNullable<T>> {
  const deadline = Date.now() + seconds * 1_000;
  for (let looks = 1; ; looks += 1) {
    const answer = await ask();
    if (answer) return answer;
    if (Date.now() > deadline && looks > seconds * LOOKS) throw new Error(`still ${JSON.stringify(answer)} after ${seconds} s`);
    await new Promise((next) => setTimeout(next, 25));
  }
}
