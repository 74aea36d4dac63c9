import { createHash } from 'node:crypto';
import { INK, PALE, words } from '../../workers/notifier/pictures/svg.ts';

/** What a picture for previews elsewhere says. */
export type Preview = {
  /** A service (`s12`) or a person (`p3`); null: the studio itself. */
  of: string | null;
  title: string;
  about: string;
  studio: string;
};

export const [PREVIEW_WIDTH, PREVIEW_HEIGHT] = [1_200, 630];
const [LEFT, ROOM] = [90, 1_030];
const ACCENT = '#1f5f4a';
const TITLE = { size: 70, lead: 86, most: 3 };
const ABOUT = { size: 38, lead: 52, most: 2 };

/** The picture as SVG: the name, what is to be known about it, and the studio. Texts that are too long are cut. */
export function previewDrawing({ title, about, studio }: Preview): string {
  const lines = linesOf(title, TITLE);
  const below = linesOf(about, ABOUT);
  const top = 290 - ((lines.length - 1) * TITLE.lead + below.length * ABOUT.lead) / 2;
  const belowTop = top + (lines.length - 1) * TITLE.lead + 74;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${PREVIEW_WIDTH}" height="${PREVIEW_HEIGHT}" font-family="DejaVu Sans" fill="${INK}">
<rect width="${PREVIEW_WIDTH}" height="${PREVIEW_HEIGHT}" fill="#fbfbfa"/><rect width="24" height="${PREVIEW_HEIGHT}" fill="${ACCENT}"/>
${lines.map((line, n) => words(LEFT, top + n * TITLE.lead, line, { size: TITLE.size, bold: true })).join('')}
${below.map((line, n) => words(LEFT, belowTop + n * ABOUT.lead, line, { size: ABOUT.size, colour: PALE })).join('')}
${linesOf(studio, { size: 34, most: 1 })
  .map((line) => words(LEFT, 566, line, { size: 34, bold: true, colour: ACCENT }))
  .join('')}
</svg>`;
}

/** Another picture has another version. */
export const previewVersion = (preview: Preview) =>
  createHash('sha256').update(previewDrawing(preview)).digest('hex').slice(0, 12);

/** What the font has no sign for, such as emoji; one after the other. */
export const UNDRAWN = /[^ -~\u00a0-\u017f\u0400-\u049f–—‘’“-„•…€₴₽№−≈\s]+/gu;
const MOST_SIGNS = 300;

/** A text in lines that fit beside each other's end; what does not fit into so many ends with an ellipsis. */
function linesOf(text: string, { size, most }: { size: number; most: number }): string[] {
  const shown = text.slice(0, MOST_SIGNS).normalize('NFC').replaceAll(UNDRAWN, '').replaceAll(/\s+/g, ' ');
  const lines: string[] = [];
  let left = shown.trim();
  while (left && lines.length < most) {
    const whole = fitting(left, ROOM / size);
    const end = whole.length < left.length ? whole.lastIndexOf(' ') : whole.length;
    const line = end > 0 ? left.slice(0, end) : whole;
    left = left.slice(line.length).trim();
    const isCut = left !== '' && lines.length === most - 1;
    lines.push(isCut ? `${fitting(line, ROOM / size - ELLIPSIS).trimEnd()}…` : line);
  }
  return lines;
}

/** As much of a text as is no wider than so many ems, one sign at least. */
function fitting(text: string, ems: number): string {
  let wide = 0;
  let end = 0;
  for (const sign of text) {
    wide += widthOf(sign);
    if (wide > ems && end > 0) break;
    end += sign.length;
  }
  return text.slice(0, end);
}

const ELLIPSIS = 1;
/** How wide signs of the bold font are at most, in ems; the widest first. */
const WIDTHS: readonly [RegExp, number][] = [
  [/[ЩШЖЮЉЊѠ-ѿҊ-ҟŒ]/u, 1.42],
  [/[WŴÆЫMМФ№щшљњmœæ…—%@©®¼½¾]/u, 1.2],
  [/[жюфывwŵŉДЦЪĦ]/u, 1],
  [/[\p{Lu}мдцъħ+<=>~^&#¬±×÷−≈₴]/u, 0.89],
  [/[ f.,:;!()'ijlії-]/u, 0.46],
  [/[trcгґтzзsсэє?"]/u, 0.6],
];
const widthOf = (sign: string) => WIDTHS.find(([signs]) => signs.test(sign))?.[1] ?? 0.75;
