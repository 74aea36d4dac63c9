/** Asks again until the answer is truthy; throws with the last answer after `seconds`. */
export async function eventually<T>(ask: () => Promise<T> | T, seconds = 60): Promise<NonNullable<T>> {
  const deadline = Date.now() + seconds * 1_000;
  for (;;) {
    const answer = await ask();
    if (answer) return answer;
    if (Date.now() > deadline) throw new Error(`still ${JSON.stringify(answer)} after ${seconds} s`);
    await new Promise((next) => setTimeout(next, 25));
  }
}
