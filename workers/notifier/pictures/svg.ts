import { fileURLToPath } from 'node:url';

export const WIDTH = 1_000;
export const HEIGHT = 560;
export const PLOT = { left: 64, right: 976, top: 128, bottom: 470 };
export const INK = '#1f2933';
export const PALE = '#6b7885';

const fonts = ['plain.ttf', 'bold.ttf'].map((file) => fileURLToPath(new URL(`./font/${file}`, import.meta.url)));

/** A drawing as a PNG, with fonts of our own: it looks the same on every machine. */
export async function pngOf(drawing: string): Promise<Buffer> {
  // What draws is loaded by whoever draws: a process that never does is spared it.
  const { renderAsync } = await import('@resvg/resvg-js');
  const font = { loadSystemFonts: false, fontFiles: fonts, defaultFontFamily: 'DejaVu Sans' };
  return (await renderAsync(drawing, { font })).asPng();
}

/** What stands on a white sheet, as SVG. */
export const svgOf = (...parts: readonly string[]) =>
  `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${HEIGHT}" font-family="DejaVu Sans" fill="${INK}">
${parts.join('\n')}
</svg>`;
export const paper = `<rect width="${WIDTH}" height="${HEIGHT}" fill="#ffffff"/>`;

type Style = { size: number; bold?: boolean; anchor?: 'start' | 'middle' | 'end'; colour?: string };

export const words = (x: number, y: number, text: string, { size, bold, anchor = 'start', colour = INK }: Style) =>
  `<text x="${x}" y="${y}" font-size="${size}" text-anchor="${anchor}" fill="${colour}"${bold ? ' font-weight="bold"' : ''}>${xml(text)}</text>`;

const xml = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

export const gridLine = (y: number, isAxis: boolean, left = PLOT.left) =>
  `<line x1="${left}" x2="${PLOT.right}" y1="${y}" y2="${y}" stroke="${isAxis ? PALE : '#e3e8ec'}" stroke-width="1"/>`;

/** The round number the axis ends at: at most five lines, whole numbers only. */
export function top(most: number): { max: number; step: number } {
  const raw = Math.max(1, most) / 4;
  const size = 10 ** Math.floor(Math.log10(Math.max(1, raw)));
  const step = [1, 2, 5, 10].map((factor) => factor * size).find((candidate) => candidate >= raw) ?? 10 * size;
  return { max: Math.ceil(Math.max(1, most) / step) * step, step };
}
