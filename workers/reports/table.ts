import type { Figures } from './report.ts';

/** What a spreadsheet might take for a formula is text (R29): it begins with an apostrophe then. */
export const harmless = (words: string) => (/^'*[=+\-@\t\r]/.test(words) && !/^\+\d+$/.test(words) ? `'${words}` : words);

const columnsOf = (rows: readonly Figures[]) => [...new Set(rows.flatMap((row) => Object.keys(row)))];
const quoted = (cell: string) => (/[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);
const cellText = (value: string | number | null | undefined) =>
  value === null || value === undefined ? '' : typeof value === 'number' ? String(value) : quoted(harmless(value));

/** Rows as CSV in UTF-8, with a mark by which Excel knows it, and a head (RFC 4180). */
export function csvOf(rows: readonly Figures[]): string {
  const columns = columnsOf(rows);
  const lines = [columns, ...rows.map((row) => columns.map((name) => row[name] ?? null))];
  return `\ufeff${lines.map((cells) => cells.map(cellText).join(',')).join('\r\n')}\r\n`;
}

/** The same as a sheet of Excel: numbers are numbers, everything else is text. The library is loaded when the first one is asked for. */
export async function xlsxOf(rows: readonly Figures[]): Promise<Buffer> {
  const { default: writeXlsx } = await import('write-excel-file/node');
  const columns = columnsOf(rows);
  const head = columns.map((value) => ({ value, type: String, fontWeight: 'bold' as const }));
  const body = rows.map((row) =>
    columns.map((name) => {
      const value = row[name] ?? null;
      if (value === null) return null;
      return typeof value === 'number' ? { value, type: Number } : { value: harmless(value), type: String };
    }),
  );
  return writeXlsx([head, ...body] as never).toBuffer();
}
