import { strToU8, zipSync } from 'fflate';

/** A cell of a made-up Excel file: text, a number, a date by its serial, a formula with what it showed last. */
export type Cell = string | number | null | { serial: number } | { formula: string; shows: string | null };
type Rows = readonly (readonly Cell[])[];
type Sheet = { is1904?: boolean; merged?: string[]; second?: Rows };

const escaped = (words: string) => words.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
const letter = (n: number) => String.fromCharCode(65 + n);

function cellXml(cell: Cell, at: string): string {
  if (cell === null) return '';
  if (typeof cell === 'number') return `<c r="${at}"><v>${cell}</v></c>`;
  if (typeof cell === 'string') return `<c r="${at}" t="inlineStr"><is><t>${escaped(cell)}</t></is></c>`;
  if ('serial' in cell) return `<c r="${at}" s="1"><v>${cell.serial}</v></c>`;
  return `<c r="${at}" t="str"><f>${escaped(cell.formula)}</f>${cell.shows === null ? '' : `<v>${escaped(cell.shows)}</v>`}</c>`;
}

const linesOf = (rows: Rows) =>
  rows
    .map((row, n) => `<row r="${n + 1}">${row.map((cell, c) => cellXml(cell, `${letter(c)}${n + 1}`)).join('')}</row>`)
    .join('');

/** An Excel file, with parts as Excel writes them. A second sheet stands before the first one in the file, and after it in the book. */
export function xlsxFile(rows: Rows, { is1904 = false, merged = [], second }: Sheet = {}): Uint8Array {
  const ranges = merged.length > 0 ? `<mergeCells>${merged.map((ref) => `<mergeCell ref="${ref}"/>`).join('')}</mergeCells>` : '';
  const main = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main';
  const of = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships';
  return zipSync({
    'xl/workbook.xml': strToU8(
      `<workbook xmlns="${main}" xmlns:r="${of}"><workbookPr${is1904 ? ' date1904="1"' : ''}/><sheets><sheet name="Лист1" sheetId="7" r:id="rId3"/>${second ? '<sheet name="Лист2" sheetId="2" r:id="rId2"/>' : ''}</sheets></workbook>`,
    ),
    'xl/_rels/workbook.xml.rels': strToU8(
      `<Relationships>${second ? `<Relationship Id="rId2" Type="${of}/worksheet" Target="worksheets/sheet2.xml"/>` : ''}<Relationship Id="rId3" Type="${of}/worksheet" Target="worksheets/sheet7.xml"/></Relationships>`,
    ),
    'xl/styles.xml': strToU8(
      `<styleSheet xmlns="${main}"><cellXfs><xf numFmtId="0"/><xf numFmtId="14" applyNumberFormat="1"/></cellXfs></styleSheet>`,
    ),
    ...(second && {
      'xl/worksheets/sheet2.xml': strToU8(`<worksheet xmlns="${main}"><sheetData>${linesOf(second)}</sheetData></worksheet>`),
    }),
    'xl/worksheets/sheet7.xml': strToU8(
      `<worksheet xmlns="${main}"><sheetData>${linesOf(rows)}</sheetData>${ranges}</worksheet>`,
    ),
  });
}

const CP1251 = new Map(
  Array.from({ length: 128 }, (_, n) => [new TextDecoder('windows-1251').decode(new Uint8Array([128 + n])), 128 + n] as const),
);
/** Text as old Russian programs write it. */
export const windows1251 = (words: string) =>
  Uint8Array.from([...words].map((letter) => (letter.charCodeAt(0) < 128 ? letter.charCodeAt(0) : (CP1251.get(letter) ?? 63))));

export const utf8 = (words: string) => new TextEncoder().encode(words);
export const utf16 = (words: string) => new Uint8Array(Buffer.from(`\ufeff${words}`, 'utf16le'));
