import { gridLine, PALE, PLOT, paper, pngOf, svgOf, top, WIDTH, words } from '../../workers/notifier/pictures/svg.ts';

type Kind = 'success' | 'partial' | 'error' | 'open';

/** Runs by day and by end. A kind has a colour, a pattern, and its word in the legend. */
export type Chart = {
  title: string;
  /** What stands there when there was no run at all. */
  none: string;
  legend: { kind: Kind; label: string; total: number }[];
  days: { label: string; weekday: string; counts: Record<Kind, number> }[];
};

/** From the axis upwards: what went wrong stands on top, where it is seen. */
const STACK: Kind[] = ['success', 'open', 'partial', 'error'];
const COLOURS: Record<Kind, string> = { success: '#2e9d6a', partial: '#f0a31c', error: '#d3382f', open: '#9aa7b4' };

/** The chart as a PNG. */
export const picture = (chart: Chart): Promise<Buffer> => pngOf(drawing(chart));

/** The chart as SVG. */
export function drawing(chart: Chart): string {
  const most = Math.max(...chart.days.map(({ counts }) => sum(counts)));
  return svgOf(
    patterns,
    paper,
    words(PLOT.left - 24, 52, chart.title, { size: 28, bold: true }),
    legend(chart),
    most === 0 ? words(WIDTH / 2, 300, chart.none, { size: 24, anchor: 'middle', colour: PALE }) : '',
    grid(top(most)),
    bars(chart, top(most)),
  );
}

const sum = (counts: Record<Kind, number>) => STACK.reduce((total, kind) => total + counts[kind], 0);

/** Patterns tell the kinds apart where colours do not: stripes, a lattice, dots; plain is well. */
const patterns = `<defs>
<pattern id="success" width="8" height="8" patternUnits="userSpaceOnUse"><rect width="8" height="8" fill="${COLOURS.success}"/></pattern>
<pattern id="partial" width="10" height="10" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect width="10" height="10" fill="${COLOURS.partial}"/><rect width="4" height="10" fill="#fff" opacity="0.75"/></pattern>
<pattern id="error" width="10" height="10" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect width="10" height="10" fill="${COLOURS.error}"/><rect width="2" height="10" fill="#fff"/><rect width="10" height="2" fill="#fff"/></pattern>
<pattern id="open" width="8" height="8" patternUnits="userSpaceOnUse"><rect width="8" height="8" fill="#eef1f4"/><circle cx="4" cy="4" r="1.6" fill="${COLOURS.open}"/></pattern>
</defs>`;

const box = (x: number, y: number, width: number, height: number, kind: Kind) =>
  `<rect x="${x}" y="${y}" width="${width}" height="${height}" rx="2" fill="url(#${kind})" stroke="${COLOURS[kind]}" stroke-width="1.5"/>`;

/** Kinds that occurred, or success alone; each with its pattern, word and number. */
function legend({ legend: all }: Chart) {
  let x = PLOT.left - 24;
  const shown = all.filter(({ kind, total }) => total > 0 || kind === 'success');
  return shown
    .map(({ kind, label, total }) => {
      const entry = `${label} — ${total}`;
      const drawn = box(x, 76, 22, 22, kind) + words(x + 32, 94, entry, { size: 18 });
      x += 32 + entry.length * 11 + 28;
      return drawn;
    })
    .join('\n');
}

const heightOf = (count: number, max: number) => (count / max) * (PLOT.bottom - PLOT.top);

function grid({ max, step }: { max: number; step: number }) {
  const lines: string[] = [];
  for (let value = 0; value <= max; value += step) {
    const y = PLOT.bottom - heightOf(value, max);
    lines.push(gridLine(y, value === 0));
    lines.push(words(PLOT.left - 12, y + 6, String(value), { size: 16, anchor: 'end', colour: PALE }));
  }
  return lines.join('\n');
}

/** A bar a day; labels only as many as there is room for. */
function bars({ days }: Chart, { max }: { max: number }) {
  const room = (PLOT.right - PLOT.left) / days.length;
  const width = Math.min(72, room * 0.66);
  const every = Math.ceil(62 / room);
  return days
    .map(({ label, weekday, counts }, index) => {
      const middle = PLOT.left + room * (index + 0.5);
      let y = PLOT.bottom;
      const drawn = STACK.filter((kind) => counts[kind] > 0).map((kind) => {
        const height = heightOf(counts[kind], max);
        y -= height;
        return box(middle - width / 2, y, width, height, kind);
      });
      const isLabelled = (days.length - 1 - index) % every === 0;
      if (isLabelled) {
        drawn.push(words(middle, PLOT.bottom + 26, label, { size: 16, anchor: 'middle' }));
        drawn.push(words(middle, PLOT.bottom + 48, weekday, { size: 14, anchor: 'middle', colour: PALE }));
      }
      const total = sum(counts);
      if (total > 0 && width >= 24) drawn.push(words(middle, y - 8, String(total), { size: 16, anchor: 'middle', bold: true }));
      return drawn.join('');
    })
    .join('\n');
}
