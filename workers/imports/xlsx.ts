import { strFromU8, unzipSync } from 'fflate';
import { Parser } from 'saxen';
import { DAY_MS } from '../../sql/database/instants.ts';
import { notAcceptable } from '../refusal.ts';
import { MOST_ROWS, type Table } from './limits.ts';

/** Unpacked, a file of 10 MB may be this large and no larger: what unpacks to more is none of a studio's lists. */
const MOST_UNPACKED = 150_000_000;
const MOST_COLUMNS = 200;

/**
 * The first sheet of an Excel file as text: what cells show as their cached value, never a formula; dates as civil days, times of the
 * day as HH:MM, numbers without exponents. What cells are merged to stands in each of them. Reads both epochs, 1900 and 1904 (R26).
 */
export function readXlsx(file: Uint8Array): Table {
  const parts = unpack(file);
  const xml = (path: string) => (parts[path] ? strFromU8(parts[path]) : '');
  const { first, is1904 } = workbookOf(xml('xl/workbook.xml'));
  const sheet = xml(pathOf(xml('xl/_rels/workbook.xml.rels'), first));
  if (!sheet) throw notAcceptable('file', 'an .xlsx file with a sheet in it');
  return { ...rowsOf(sheet, sharedOf(xml('xl/sharedStrings.xml')), dateStylesOf(xml('xl/styles.xml')), is1904), is1904 };
}

const WANTED = /^xl\/(workbook\.xml|_rels\/workbook\.xml\.rels|sharedStrings\.xml|styles\.xml|worksheets\/[^/]+\.xml)$/;
function unpack(file: Uint8Array) {
  let size = 0;
  try {
    return unzipSync(file, {
      filter({ name, originalSize }) {
        if (!WANTED.test(name)) return false;
        size += originalSize;
        if (size > MOST_UNPACKED) throw notAcceptable('file', 'a file that is not this large unpacked');
        return true;
      },
    });
  } catch (error) {
    if (error instanceof Error && error.name === 'Refused') throw error;
    throw notAcceptable('file', 'an .xlsx file that is whole');
  }
}

type Attributes = Record<string, string>;
type Handlers = {
  open?: (name: string, attributes: () => Attributes) => void;
  text?: (words: string) => void;
  close?: (name: string) => void;
};

/** Names come without the prefix of their namespace. */
function walk(xml: string, { open, text, close }: Handlers) {
  if (xml === '') return;
  const local = (name: string) => name.slice(name.indexOf(':') + 1);
  const parser = new Parser();
  parser.on('openTag', (name, attributes, decode) =>
    open?.(local(name), () =>
      Object.fromEntries(Object.entries(attributes()).map(([key, value]) => [local(key), decode(String(value))])),
    ),
  );
  if (text) {
    parser.on('text', (words, decode) => text(decode(words)));
    parser.on('cdata', (words) => text(words));
  }
  parser.on('closeTag', (name) => close?.(local(name)));
  parser.on('error', () => {
    throw notAcceptable('file', 'an .xlsx file that is whole');
  });
  parser.parse(xml);
}

function workbookOf(xml: string) {
  let first: string | undefined;
  let is1904 = false;
  walk(xml, {
    open(name, attributes) {
      if (name === 'sheet') first ??= attributes().id;
      if (name === 'workbookPr') is1904 = /^(1|true)$/.test(attributes().date1904 ?? '');
    },
  });
  return { first, is1904 };
}

function pathOf(relations: string, id: string | undefined): string {
  let target = 'worksheets/sheet1.xml';
  walk(relations, {
    open(name, attributes) {
      if (name !== 'Relationship') return;
      const relation = attributes();
      if (relation.Id === id && relation.Target) target = relation.Target;
    },
  });
  return target.startsWith('/') ? target.slice(1) : `xl/${target}`;
}

/** Texts that cells share; of one with phonetic hints only what is read. */
function sharedOf(xml: string): string[] {
  const texts: string[] = [];
  let [words, isText, isHint] = ['', false, false];
  walk(xml, {
    open(name) {
      if (name === 'si') words = '';
      if (name === 't') isText = true;
      if (name === 'rPh') isHint = true;
    },
    text(more) {
      if (isText && !isHint) words += more;
    },
    close(name) {
      if (name === 'si') texts.push(words);
      if (name === 't') isText = false;
      if (name === 'rPh') isHint = false;
    },
  });
  return texts;
}

const isDateFormat = (id: number, code: string | undefined) =>
  code === undefined
    ? (id >= 14 && id <= 22) || (id >= 27 && id <= 36) || (id >= 45 && id <= 47) || (id >= 50 && id <= 58)
    : /[ymdhs]/i.test(code.replaceAll(/"[^"]*"|\\.|_.|\*.|\[(?!h|m|s)[^\]]*\]|General|E[+-]/gi, ''));

/** Which of the cells' styles show a number as a date or a time. */
function dateStylesOf(xml: string): boolean[] {
  const codes = new Map<number, string>();
  const styles: boolean[] = [];
  let isCells = false;
  walk(xml, {
    open(name, attributes) {
      if (name === 'cellXfs') isCells = true;
      if (name === 'numFmt') codes.set(Number(attributes().numFmtId), attributes().formatCode ?? '');
      if (name !== 'xf' || !isCells) return;
      const id = Number(attributes().numFmtId ?? 0);
      styles.push(isDateFormat(id, codes.get(id)));
    },
    close(name) {
      if (name === 'cellXfs') isCells = false;
    },
  });
  return styles;
}

const placeOf = (reference: string): [row: number, column: number] => {
  const [, letters = '', digits = ''] = /^\$?([A-Z]{1,3})\$?(\d{1,7})$/.exec(reference) ?? [];
  const column = [...letters].reduce((sum, letter) => sum * 26 + letter.charCodeAt(0) - 64, 0) - 1;
  return [Number(digits) - 1, column];
};

function rowsOf(xml: string, shared: readonly string[], dates: readonly boolean[], is1904: boolean): Omit<Table, 'is1904'> {
  const rows: string[][] = [];
  const merged: string[] = [];
  let cell = { type: 'n', style: 0, row: 0, column: -1, value: '', isOpen: false };
  let [row, column, isTooLong] = [-1, -1, false];
  const keep = () => {
    if (cell.column < 0 || cell.column >= MOST_COLUMNS || isTooLong) return;
    const words = textOf(cell, shared, dates, is1904);
    if (words === '') return;
    if (cell.row > MOST_ROWS + 50) {
      isTooLong = true;
      return;
    }
    while (rows.length <= cell.row) rows.push([]);
    const line = rows[cell.row]!;
    while (line.length < cell.column) line.push('');
    line[cell.column] = words;
  };
  walk(xml, {
    open(name, attributes) {
      if (name === 'row') {
        row = Number(attributes().r ?? row + 2) - 1;
        column = -1;
      } else if (name === 'c') {
        const { r, t = 'n', s = '0' } = attributes();
        column = r ? placeOf(r)[1] : column + 1;
        cell = { type: t, style: Number(s), row, column, value: '', isOpen: false };
      } else if (name === 'v' || name === 't') cell.isOpen = true;
      else if (name === 'mergeCell') merged.push(attributes().ref ?? '');
    },
    text(words) {
      if (cell.isOpen) cell.value += words;
    },
    close(name) {
      if (name === 'v' || name === 't') cell.isOpen = false;
      if (name === 'c') keep();
    },
  });
  for (const range of merged) spread(rows, range);
  return { rows, isTooLong };
}

/** What cells were merged downwards to stands in each of them. One over several columns is a heading, which stays where it is. */
function spread(rows: string[][], range: string) {
  const [from = '', to = ''] = range.split(':');
  const [[top, left], [bottom, right]] = [placeOf(from), placeOf(to)];
  const words = rows[top]?.[left] ?? '';
  if (left !== right || words === '') return;
  for (let row = top + 1; row <= Math.min(bottom, rows.length - 1); row += 1) {
    const line = rows[row]!;
    while (line.length < left) line.push('');
    line[left] = words;
  }
}

function textOf(
  cell: { type: string; style: number; value: string },
  shared: readonly string[],
  dates: readonly boolean[],
  is1904: boolean,
) {
  const { type, value } = cell;
  if (type === 's') return shared[Number(value)] ?? '';
  if (type === 'b') return value === '1' ? 'true' : 'false';
  if (type === 'd') return value.slice(0, 10);
  if (type !== 'n' || value === '') return value;
  const number = Number(value);
  if (!Number.isFinite(number)) return value;
  if (dates[cell.style]) return number < 1 ? timeOf(number) : dayOfSerial(number, is1904);
  return /e/i.test(value) ? plainOf(number) : value;
}

/** An Excel serial as a civil day, whatever the zone. In the epoch of 1900 a 29 February is counted that never was. */
export function dayOfSerial(serial: number, is1904: boolean): string {
  const days = Math.floor(serial) + (is1904 ? 1_462 : 0);
  return new Date(Date.UTC(1899, 11, days < 60 ? 31 : 30) + days * DAY_MS).toISOString().slice(0, 10);
}

const timeOf = (part: number) => new Date(Math.round(part * 1_440) * 60_000).toISOString().slice(11, 16);
const plainOf = (number: number) => (Number.isSafeInteger(number) ? number.toFixed(0) : String(number));
