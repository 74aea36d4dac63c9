import { beforeEach, expect, test } from '@jest/globals';
import { type Line, liveLine, type News } from '../../api/web/kit/socket.ts';

type FakeLine = Line & { sent: unknown[]; isClosed: boolean };
let lines: FakeLine[];
let waiting: { ms: number; callback: () => void }[];
let signedOut: number;
const last = () => lines.at(-1) as FakeLine;
const say = (message: object) => last().onmessage?.({ data: JSON.stringify(message) } as never);
const drop = (code: number) => last().onclose?.({ code } as never);
const goOn = () => {
  for (const { callback } of waiting.splice(0)) callback();
};

beforeEach(() => {
  [lines, waiting, signedOut] = [[], [], 0];
});
const open = () =>
  liveLine(
    {
      open() {
        const line: FakeLine = {
          sent: [],
          isClosed: false,
          readyState: 1,
          onopen: null,
          onmessage: null,
          onclose: null,
          send: (text) => void line.sent.push(JSON.parse(String(text))),
          close() {
            line.isClosed = true;
          },
        };
        lines.push(line);
        return line;
      },
      later: (ms, callback) => void waiting.push({ ms, callback }),
      random: () => 1,
    },
    {
      signedOut() {
        signedOut += 1;
      },
    },
  );
const opened = () => last().onopen?.({} as never);

test('a page that watches a topic hears of it, and of nothing else', () => {
  const line = open();
  const [day, tasks]: News[][] = [[], []];
  line.watch(['day:1'], (news) => day?.push(news));
  line.watch(['tasks'], (news) => tasks?.push(news));
  opened();
  expect(last().sent).toEqual([{ watch: ['day:1', 'tasks'] }]);
  say({ changed: ['day:1'], upto: 7, by: 'person:3' });
  expect([day, tasks]).toEqual([[{ changed: ['day:1'], by: 'person:3' }], []]);
  say({ missed: true, upto: 9 });
  expect([day?.length, tasks]).toEqual([2, [{ missed: true }]]);
});

test('a line that broke comes back with the last position, later each time', () => {
  const line = open();
  line.watch(['runs'], () => undefined);
  opened();
  say({ changed: [], upto: 41 });
  const pauses: number[] = [];
  for (let time = 0; time < 8; time += 1) {
    drop(1006);
    pauses.push(waiting[0]?.ms ?? 0);
    goOn();
  }
  expect(pauses).toEqual([500, 1_000, 2_000, 4_000, 8_000, 16_000, 20_000, 20_000]);
  opened();
  expect(last().sent).toEqual([{ watch: ['runs'], since: 41 }]);
  drop(1006);
  expect(waiting[0]?.ms).toBe(500);
});

test('a process that restarts is come back to at once', () => {
  open().watch(['runs'], () => undefined);
  opened();
  drop(1012);
  expect(waiting[0]?.ms).toBeLessThanOrEqual(250);
});

test('an ended session ends the line, and nobody knocks again', () => {
  open().watch(['runs'], () => undefined);
  opened();
  drop(4401);
  expect([signedOut, waiting]).toEqual([1, []]);
});

test('a line that nobody watches any more is closed, and is not opened again', () => {
  const leave = open().watch(['runs'], () => undefined);
  opened();
  leave();
  expect(last().isClosed).toBe(true);
  drop(1005);
  expect(waiting).toEqual([]);
});

test('a person’s presence is said a little later, the last of it alone, and at once when it is over', () => {
  const line = open();
  line.watch(['day:1'], () => undefined);
  opened();
  line.lookAt('2026-03-10');
  const place = (from: number) => ({ key: 'training-1', place: { from } });
  line.lookAt('2026-03-10', place(600));
  line.lookAt('2026-03-10', place(615));
  line.lookAt('2026-03-10', place(630));
  expect(last().sent.at(-1)).toEqual({ here: { day: '2026-03-10' } });
  expect(waiting.length).toBe(1);
  goOn();
  expect(last().sent.slice(2)).toEqual([{ here: { day: '2026-03-10', doing: place(630) } }]);
  // Carried over the days of a week it is said no oftener.
  line.lookAt('2026-03-11', place(630));
  line.lookAt('2026-03-12', place(645));
  expect([last().sent.length, waiting.length]).toEqual([3, 1]);
  goOn();
  expect(last().sent.slice(3)).toEqual([{ here: { day: '2026-03-12', doing: place(645) } }]);
  line.lookAt('2026-03-11', place(645));
  line.lookAt('2026-03-10', null);
  expect(last().sent.at(-1)).toEqual({ here: { day: '2026-03-10' } });
  const sent = last().sent.length;
  goOn();
  expect(last().sent.length).toBe(sent);
});

test('one says which day one looks at, again when the line is back, and hears who else is where', () => {
  const line = open();
  line.watch(['day:1'], () => undefined);
  line.lookAt('2026-03-10');
  const seen: string[][] = [];
  const leave = line.meet((all) => seen.push(all.map(({ name, day }) => `${name} ${day}`)));
  opened();
  expect(last().sent.at(-1)).toEqual({ here: { day: '2026-03-10' } });
  line.lookAt('2026-03-10');
  line.lookAt('2026-03-11');
  expect(last().sent.slice(1)).toEqual([{ here: { day: '2026-03-10' } }, { here: { day: '2026-03-11' } }]);
  const anna = { socket: 'a', who: 'person:2', name: 'Anna', doing: null };
  say({ here: { ...anna, day: '2026-03-11' } });
  say({ here: { ...anna, day: '2026-03-12' } });
  say({ here: { ...anna, day: '2026-03-12', left: true } });
  say({ here: { ...anna, day: '2026-03-12' } });
  drop(1006);
  expect(seen).toEqual([[], ['Anna 2026-03-11'], ['Anna 2026-03-12'], [], ['Anna 2026-03-12'], []]);
  goOn();
  opened();
  expect(last().sent).toEqual([{ watch: ['day:1'] }, { here: { day: '2026-03-11' } }]);
  line.lookAt(null);
  expect(last().sent.at(-1)).toEqual({ here: null });
  leave();
  say({ here: { ...anna, day: '2026-03-11' } });
  expect(seen.length).toBe(6);
});
