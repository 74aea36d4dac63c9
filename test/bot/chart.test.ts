import { expect, test } from '@jest/globals';
import { drawing, picture } from '../../api/telegram/chart.ts';
import { chartOf, summary } from '../../api/telegram/summary.ts';
import { dayOf } from '../../queues/time/calendar.ts';
import { top } from '../../workers/notifier/pictures/svg.ts';

const day = (date: string, counts: object = {}) => ({ day: date, success: 0, partial: 0, error: 0, open: 0, ...counts });
const week = ['16', '17', '18', '19', '20', '21', '22'].map((date, index) => day(`2026-11-${date}`, { success: index + 1 }));
const rough = [...week.slice(0, 5), day('2026-11-21', { success: 2, partial: 1, error: 3 }), day('2026-11-22', { open: 1 })];

test.each([
  [0, 1, 1],
  [1, 1, 1],
  [4, 4, 1],
  [5, 6, 2],
  [9, 10, 5],
  [20, 20, 5],
  [21, 30, 10],
  [100, 100, 50],
  [397, 400, 100],
  [1_001, 1_500, 500],
])('with %i runs on its busiest day the axis ends at %i in steps of %i', (most, max, step) => {
  expect(top(most)).toEqual({ max, step });
});

test.each(['ru', 'uk', 'en'] as const)('the picture is a PNG of 1000 x 560 (%s)', async (locale) => {
  const png = await picture(chartOf(locale, rough));
  expect(png.subarray(1, 4).toString()).toBe('PNG');
  expect([png.readUInt32BE(16), png.readUInt32BE(20)]).toEqual([1_000, 560]);
});

test('every word of the picture has its glyphs: other words make another picture', async () => {
  const pictures = await Promise.all(
    ['Запуски', 'Їжак і ґанок', 'Runs'].map((title) => picture({ ...chartOf('ru', week), title })),
  );
  expect(new Set(pictures.map((png) => png.toString('base64'))).size).toBe(3);
});

test('outcomes are told apart by pattern and word, not by colour alone', () => {
  const svg = drawing(chartOf('ru', rough));
  for (const kind of ['success', 'partial', 'error', 'open']) expect(svg).toContain(`url(#${kind})`);
  for (const entry of ['успешно — 17', 'не полностью — 1', 'ошибка — 3', 'ещё идёт — 1']) expect(svg).toContain(`>${entry}<`);
  for (const label of ['16.11', '22.11', 'пн', 'вс']) expect(svg).toContain(`>${label}<`);
});

test('an outcome that did not happen is not in the legend', () => {
  const svg = drawing(chartOf('en', week));
  expect(svg).toContain('>well — 28<');
  expect(svg).not.toContain('>failed');
});

test('words cannot break the drawing', () => {
  expect(drawing({ ...chartOf('en', week), title: '<svg> & "co"' })).toContain('&lt;svg&gt; &amp; "co"');
});

test('the caption tells the same to whoever cannot see it', () => {
  expect(summary('ru', rough).text).toBe(
    [
      'Запуски: 7 дней',
      'Всего 22 запуска',
      '✅ успешно: 17',
      '⚠️ не полностью: 1',
      '❌ ошибка: 3',
      '⏳ ещё идёт: 1',
      'Были сбои: сб 21 ноября',
    ].join('\n'),
  );
  expect(summary('ru', week).text).toContain('Без сбоев.');
  expect(summary('en', [day(dayOf(new Date(), 'UTC'))]).text).toBe('Runs of 1 day\nThere was no run in this time.');
});

test('a caption fits what Telegram allows under a photo, however bad the quarter was', () => {
  const bad = Array.from({ length: 92 }, (_, index) =>
    day(new Date(Date.UTC(2026, 8, index + 1)).toISOString().slice(0, 10), { error: 999 }),
  );
  for (const locale of ['ru', 'uk', 'en'] as const) expect(summary(locale, bad).text.length).toBeLessThan(1_024);
});
