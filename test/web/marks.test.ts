import { beforeEach, expect, test } from '@jest/globals';
import { type Mark, markQueue } from '../../api/web/console/modules/day/marks.ts';

let sent: { training: number; marks: readonly Mark[]; isLeaving: boolean }[];
let stored: readonly Mark[];
let timer: (() => void) | undefined;
const mark = (training: number, student: number, status: Mark['status'] = 'PRESENT'): Mark => ({ training, student, status });

beforeEach(() => {
  [sent, stored, timer] = [[], [], undefined];
});
const queue = () =>
  markQueue({
    async send(training, marks, isLeaving) {
      sent.push({ training, marks, isLeaving });
    },
    later(_ms, callback) {
      timer = callback;
      return () => {
        timer = undefined;
      };
    },
    keep(marks) {
      stored = marks;
    },
    kept: () => stored,
    changed: () => undefined,
  });

test('marks of a training go together once nobody taps any more, the last tap of a student counts', () => {
  const marks = queue();
  marks.mark(mark(1, 10));
  marks.mark(mark(1, 11));
  marks.mark(mark(2, 10, 'ABSENT'));
  marks.mark(mark(1, 10, 'ABSENT'));
  expect([sent, marks.of(1, 10), marks.of(1, 12)]).toEqual([[], 'ABSENT', undefined]);
  timer?.();
  expect(sent).toEqual([
    { training: 1, marks: [mark(1, 11), mark(1, 10, 'ABSENT')], isLeaving: false },
    { training: 2, marks: [mark(2, 10, 'ABSENT')], isLeaving: false },
  ]);
  expect(stored).toEqual([]);
});

test('a mark that was taken back is not sent, and one that was sent cannot be', () => {
  const marks = queue();
  marks.mark(mark(1, 10));
  expect([marks.unmark(mark(1, 10)), timer]).toEqual([true, undefined]);
  marks.mark(mark(1, 11));
  timer?.();
  expect([marks.unmark(mark(1, 11)), sent.length]).toEqual([false, 1]);
});

test('a queue at rest keeps its marks, and the next one of the same person sends them', () => {
  const marks = queue();
  marks.mark(mark(1, 10));
  marks.rest();
  expect([timer, sent, stored]).toEqual([undefined, [], [mark(1, 10)]]);
  queue();
  timer?.();
  expect(sent).toEqual([{ training: 1, marks: [mark(1, 10)], isLeaving: false }]);
});

test('a page that goes sends what waits, and what it kept is sent by the next one', async () => {
  const marks = queue();
  marks.mark(mark(1, 10));
  await marks.flush(true);
  expect(sent).toEqual([{ training: 1, marks: [mark(1, 10)], isLeaving: true }]);
  // Nobody knows whether it arrived: it is sent again, which changes nothing.
  queue();
  timer?.();
  expect(sent.map(({ isLeaving }) => isLeaving)).toEqual([true, false]);
});
