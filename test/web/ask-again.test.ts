import { afterEach, expect, test } from '@jest/globals';
import { QueryClient, QueryObserver } from '@tanstack/vue-query';
import { againIn } from '../../api/web/kit/ask-again.ts';

/** A page that shows the runs: each question waits until it is answered by `answer`, in the order in which they were asked. */
function page() {
  const queries = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  const asked: { answer(value: number): void; fail(): void; isCutShort(): boolean }[] = [];
  const observer = new QueryObserver<number>(queries, {
    queryKey: ['runs'],
    queryFn: ({ signal }) =>
      new Promise((resolve, reject) =>
        asked.push({ answer: resolve, fail: () => reject(new Error('away')), isCutShort: () => signal.aborted }),
      ),
  });
  leave = observer.subscribe(() => undefined);
  const news = againIn(queries);
  return { asked, again: () => void news(['runs']), shown: () => observer.getCurrentResult().data };
}
let leave = () => {};
afterEach(() => leave());
/** Whatever is ready to go on has gone on. */
const settle = () => new Promise((resolve) => setImmediate(resolve));

test('news that go on all the time cut no answer short: it is asked once more when that has come', async () => {
  const { asked, again, shown } = page();
  // While the first answer is on its way.
  again();
  await settle();
  expect(asked.length).toBe(1);
  asked[0]?.answer(0);
  await settle();
  expect([shown(), asked.length]).toEqual([0, 2]);
  for (let round = 1; round < 5; round += 1) {
    for (let chunk = 0; chunk < 3; chunk += 1) {
      again();
      await settle();
    }
    expect([asked.length, asked[round]?.isCutShort()]).toEqual([round + 1, false]);
    asked[round]?.answer(round);
    await settle();
    expect([shown(), asked.length]).toEqual([round, round + 2]);
  }
  asked[5]?.answer(5);
  await settle();
  expect([shown(), asked.length]).toEqual([5, 6]);
});

test('where nothing is under way it is asked at once, and after a failure again', async () => {
  const { asked, again, shown } = page();
  asked[0]?.answer(0);
  await settle();
  again();
  await settle();
  expect(asked.length).toBe(2);
  again();
  asked[1]?.fail();
  await settle();
  expect(asked.length).toBe(3);
  asked[2]?.answer(2);
  await settle();
  expect(shown()).toBe(2);
});
