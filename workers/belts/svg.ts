/** Text as it may stand in an SVG: nothing in it is markup. */
const escaped = (words: string) =>
  words.replace(/[&<>"']/g, (sign) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' })[sign] ?? sign);

const FONT = "'PT Serif', 'DejaVu Serif', Georgia, serif";
type Style = { size: number; x: number; y: number; most?: number; anchor?: 'start' | 'middle'; weight?: 'bold' };

/** A line of text; what is longer than `most` units of the page is made smaller, so that nothing runs off the paper. */
export function line(words: string, { size, x, y, most, anchor = 'start', weight }: Style): string {
  // A letter of these fonts is about 0.6 of its size wide.
  const fits = most === undefined ? size : Math.min(size, most / Math.max(1, words.length * 0.6));
  const bold = weight ? ` font-weight="${weight}"` : '';
  return `<text x="${x}" y="${y}" font-size="${Math.round(fits * 10) / 10}" text-anchor="${anchor}"${bold}>${escaped(words)}</text>`;
}

/** A page of A4 in millimetres, to print as it is: no fonts, pictures or scripts from anywhere. */
export const sheet = (width: number, height: number, parts: readonly string[]) =>
  [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}mm" height="${height}mm" viewBox="0 0 ${width} ${height}" font-family="${FONT}">`,
    `<rect width="${width}" height="${height}" fill="#fff"/>`,
    ...parts,
    '</svg>',
  ].join('\n');

export const rule = (x1: number, y: number, x2: number) =>
  `<line x1="${x1}" y1="${y}" x2="${x2}" y2="${y}" stroke="#444" stroke-width="0.2"/>`;
