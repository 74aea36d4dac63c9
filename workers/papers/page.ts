/** Text as it may stand in an SVG: nothing in it is markup. */
const escaped = (words: string) =>
  words.replace(/[&<>"']/g, (sign) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' })[sign] ?? sign);

const FONT = "'PT Serif', 'DejaVu Serif', Georgia, serif";
type Style = { size: number; x: number; y: number; most?: number; anchor?: 'start' | 'middle'; weight?: 'bold' };

/** A line of text; what is longer than `most` units of the page is made smaller, so that nothing runs off the paper. */
export function line(words: string, { size, x, y, most, anchor = 'start', weight }: Style): string {
  // A letter of these fonts is about 0.6 of its size wide, a bold one more.
  const fits = most === undefined ? size : Math.min(size, most / Math.max(1, words.length * (weight ? 0.7 : 0.62)));
  const bold = weight ? ` font-weight="${weight}"` : '';
  return `<text x="${x}" y="${y}" font-size="${Math.round(fits * 10) / 10}" text-anchor="${anchor}"${bold}>${escaped(words)}</text>`;
}

/** A page of so many millimetres, to print as it is: no fonts, pictures or scripts from anywhere. */
export const sheet = (width: number, height: number, parts: readonly string[]) =>
  [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}mm" height="${height}mm" viewBox="0 0 ${width} ${height}" font-family="${FONT}">`,
    `<rect width="${width}" height="${height}" fill="#fff"/>`,
    ...parts,
    '</svg>',
  ].join('\n');

export const rule = (x1: number, y: number, x2: number) =>
  `<line x1="${x1}" y1="${y}" x2="${x2}" y2="${y}" stroke="#444" stroke-width="0.2"/>`;

const graphemes = new Intl.Segmenter();
const lettersOf = (words: string) => [...graphemes.segment(words)].map(({ segment }) => segment);

/**
 * Words in lines of at most so many letters; a word that is longer goes on in the next line, and what has no room in so many lines is
 * left out, which three dots say.
 */
export function wrapped(words: string, letters: number, lines: number): string[] {
  const rows: string[][] = [];
  for (const word of words.split(/\s+/).filter(Boolean).map(lettersOf)) {
    const last = rows.at(-1);
    if (last && last.length + 1 + word.length <= letters) last.push(' ', ...word);
    else for (let from = 0; from < word.length; from += letters) rows.push(word.slice(from, from + letters));
  }
  const shown = rows.slice(0, lines);
  if (rows.length > lines) shown.push([...(shown.pop() ?? []).slice(0, letters - 1), '…']);
  return shown.map((row) => row.join(''));
}
