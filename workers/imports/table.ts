import { parse } from 'csv-parse/sync';
import { notAcceptable } from '../refusal.ts';
import { MOST_ROWS, type Table } from './limits.ts';
import { readXlsx } from './xlsx.ts';

/** A spreadsheet as people have it: CSV or XLSX, told apart by what is in it and not by its name. Throws `invalid` for anything else. */
export function readTable(file: Uint8Array): Table {
  if (startsWith(file, 0x50, 0x4b, 0x03, 0x04)) return readXlsx(file);
  if (startsWith(file, 0xd0, 0xcf, 0x11, 0xe0)) throw notAcceptable('file', 'CSV or .xlsx: save the .xls file as .xlsx first');
  const rows = parseCsv(decode(file));
  return { rows: rows.slice(0, MOST_ROWS + 50), is1904: false, isTooLong: rows.length > MOST_ROWS + 50 };
}

const startsWith = (file: Uint8Array, ...bytes: number[]) => bytes.every((byte, n) => file[n] === byte);

/** UTF-8, with a mark or without; UTF-16 with a mark; else windows-1251. */
function decode(file: Uint8Array): string {
  if (startsWith(file, 0xff, 0xfe)) return new TextDecoder('utf-16le').decode(file);
  if (startsWith(file, 0xfe, 0xff)) return new TextDecoder('utf-16be').decode(file);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(file);
  } catch {
    return new TextDecoder('windows-1251').decode(file);
  }
}

function parseCsv(words: string): string[][] {
  if (words.includes('\0')) throw notAcceptable('file', 'CSV or .xlsx');
  const said = /^sep=(.)\r?\n/i.exec(words);
  const text = said ? words.slice(said[0].length) : words;
  try {
    return parse(text, {
      delimiter: said?.[1] ?? separatorOf(text),
      relax_column_count: true,
      relax_quotes: true,
      skip_empty_lines: false,
      max_record_size: 100_000,
    });
  } catch {
    throw notAcceptable('file', 'CSV whose quotes are closed');
  }
}

const SEPARATORS = [';', ',', '\t'];
/** By the first line that has words and separators outside of quotes: the headers, or what stands above them. */
function separatorOf(text: string): string {
  for (const line of text.split(/\r\n|\n|\r/, 20)) {
    const bare = line.replaceAll(/"[^"]*"/g, 'x');
    if (!/[^;,\t ]/.test(bare)) continue;
    const counted = SEPARATORS.map((separator) => ({ separator, count: bare.split(separator).length - 1 }));
    const [most] = counted.sort((one, other) => other.count - one.count);
    if (most && most.count > 0) return most.separator;
  }
  return ',';
}
