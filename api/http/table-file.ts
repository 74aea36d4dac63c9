import type { Figures } from '../../workers/reports/report.ts';
import { csvOf, xlsxOf } from '../../workers/reports/table.ts';
import { fileAnswer } from './file.ts';

const XLSX = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet';

/** Rows as a file to keep, CSV or a sheet of Excel. @param name without its ending, of ASCII letters */
export const tableFile = async (name: string, rows: readonly Figures[], format: 'csv' | 'xlsx') =>
  fileAnswer({
    type: format === 'csv' ? 'text/csv; charset=utf-8' : XLSX,
    name: `${name}.${format}`,
    content: format === 'csv' ? csvOf(rows) : await xlsxOf(rows),
    isToKeep: true,
  });
