const KINDS = ['off', 'short', 'working'] as const;
export type ClosedDay = { date: string; kind: (typeof KINDS)[number]; name: string };
const LONGEST = 100;

/** `2026-01-01`, of a day as it is written in files: `2026-01-01` or `01.01.2026`. Null: no day. */
function dayFrom(written: string): string | null {
  const [, year, month, day] = /^(\d{4})-(\d{2})-(\d{2})$/.exec(written) ?? [];
  const [, dayOfMonth, monthOfYear, ofYear] = /^(\d{1,2})\.(\d{1,2})\.(\d{4})$/.exec(written) ?? [];
  const text = year
    ? `${year}-${month}-${day}`
    : ofYear
      ? `${ofYear}-${monthOfYear?.padStart(2, '0')}-${dayOfMonth?.padStart(2, '0')}`
      : '';
  const instant = Date.parse(text);
  return Number.isNaN(instant) || new Date(instant).toISOString().slice(0, 10) !== text ? null : text;
}

const kindFrom = (written: string | undefined) => (written ? KINDS.find((kind) => kind === written) : 'off');

function dayOfCells(cells: readonly unknown[]): ClosedDay | null {
  const [date, name, kind] = cells.map((cell) => (typeof cell === 'string' ? cell.trim() : ''));
  const [day, known] = [dayFrom(date ?? ''), kindFrom(kind)];
  return day && known && name && name.length <= LONGEST ? { date: day, kind: known, name } : null;
}

/**
 * Closed days of a file: a line each, `day, name[, off|short|working]`, parted by commas, semicolons or tabs, a first line of titles
 * left out; or a JSON list of `{date, name, kind}`. A day that is named again counts once, as it is named last.
 * `wrong`: numbers of the lines, or entries, that are none, from 1.
 */
export function daysOfFile(text: string): { days: ClosedDay[]; wrong: number[] } {
  const rows = rowsOf(text);
  const days = new Map<string, ClosedDay>();
  const wrong: number[] = [];
  for (const { cells, line } of rows) {
    const day = dayOfCells(cells);
    if (day) days.set(day.date, day);
    else if (line > 1) wrong.push(line);
    else if (/\d/.test(String(cells[0]))) wrong.push(line);
  }
  return { days: [...days.values()].sort((a, b) => a.date.localeCompare(b.date)), wrong };
}

function rowsOf(text: string): { cells: readonly unknown[]; line: number }[] {
  const plain = text.replace(/^\uFEFF/, '').trim();
  if (plain.startsWith('[')) {
    try {
      const list: unknown = JSON.parse(plain);
      return (Array.isArray(list) ? list : []).map((one, n) => ({ cells: [one?.date, one?.name, one?.kind ?? ''], line: n + 1 }));
    } catch {
      return [{ cells: ['0'], line: 1 }];
    }
  }
  return plain
    .split(/\r?\n/)
    .map((line, n) => ({ cells: line.split(/[;,\t]/).map((cell) => cell.trim().replace(/^"(.*)"$/, '$1')), line: n + 1 }))
    .filter(({ cells }) => cells.some((cell) => cell !== ''));
}
