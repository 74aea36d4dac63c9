import { gridLine, PALE, PLOT, paper, svgOf, top, WIDTH, words } from './svg.ts';

/** What was received on each day of a month. */
export type MonthPicture = {
  title: string;
  /** What stands there when nothing was. */
  none: string;
  /** From the first day on, in whole units of the currency; below 0 where more was given back than received. */
  days: readonly number[];
  /** A number of the axis, as the language writes it. */
  shown(value: number): string;
};

const LEFT = 120;
const RECEIVED = '#2e9d6a';
const GIVEN_BACK = '#d3382f';

/** The picture as SVG: a bar a day from the axis of nothing, upwards in and downwards out. */
export function monthDrawing({ title, none, days, shown }: MonthPicture): string {
  const { step } = top(Math.max(...days.map(Math.abs), 0));
  const max = Math.ceil(Math.max(...days, 0) / step) * step;
  const min = Math.floor(Math.min(...days, 0) / step) * step;
  const height = Math.max(max - min, step);
  const yOf = (value: number) => PLOT.bottom - ((value - min) / height) * (PLOT.bottom - PLOT.top);
  const lines: string[] = [];
  for (let value = min; value <= min + height; value += step) {
    lines.push(gridLine(yOf(value), value === 0, LEFT));
    lines.push(words(LEFT - 12, yOf(value) + 6, shown(value), { size: 16, anchor: 'end', colour: PALE }));
  }
  const room = (PLOT.right - LEFT) / days.length;
  const bars = days.map((value, index) => {
    const left = LEFT + room * (index + 0.17);
    const [from, to] = [yOf(Math.max(0, value)), yOf(Math.min(0, value))];
    const colour = value < 0 ? GIVEN_BACK : RECEIVED;
    const bar =
      value === 0 ? '' : `<rect x="${left}" y="${from}" width="${room * 0.66}" height="${to - from}" rx="2" fill="${colour}"/>`;
    const isLabelled = index === 0 || (index + 1) % 5 === 0;
    const label = words(LEFT + room * (index + 0.5), PLOT.bottom + 26, String(index + 1), { size: 16, anchor: 'middle' });
    return isLabelled ? bar + label : bar;
  });
  return svgOf(
    paper,
    words(40, 52, title, { size: 28, bold: true }),
    days.every((value) => value === 0) ? words(WIDTH / 2, 300, none, { size: 24, anchor: 'middle', colour: PALE }) : '',
    ...lines,
    ...bars,
  );
}
