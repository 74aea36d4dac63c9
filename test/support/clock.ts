import { afterAll, beforeAll, jest } from '@jest/globals';

/** For the tests of a file it is this instant, and stays so. Only the clock is ours: timers go on, so connections live as always. */
export function clockAt(instant: string) {
  beforeAll(() => {
    jest.useFakeTimers({
      now: new Date(instant),
      doNotFake: [
        'hrtime',
        'nextTick',
        'performance',
        'queueMicrotask',
        'setImmediate',
        'clearImmediate',
        'setInterval',
        'clearInterval',
        'setTimeout',
        'clearTimeout',
      ],
    });
  });
  afterAll(() => {
    jest.useRealTimers();
  });
}
