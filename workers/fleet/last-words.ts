import { existsSync, readFileSync, statSync } from 'node:fs';
import { scrub } from '../../queues/log/log.ts';

/** Log files, and how long each was when a process began. */
type Marks = { file: string; size: number }[];

/** The logs of an app as they are now. */
export const logMarksOf = (app: { errorLog?: string; outLog?: string } | undefined): Marks =>
  [app?.errorLog, app?.outLog].flatMap((file) => (file && existsSync(file) ? [{ file, size: statSync(file).size }] : []));

/** What was said since, on one line: the error that ended a process, be it thrown or logged. */
export function lastWords(marks: Marks): string {
  const lines = marks.flatMap(({ file, size }) => readFileSync(file).subarray(size).toString('utf8').split('\n'));
  const words = lines.flatMap(wordsOf);
  return scrub(words.at(-1) ?? '"npm run logs" may say why').slice(0, 300);
}

function wordsOf(line: string): string[] {
  if (!line.startsWith('{')) return /^\S*Error\b/.test(line) ? [line] : [];
  try {
    const { level, msg, err } = JSON.parse(line) as { level?: number; msg?: string; err?: { message?: string } };
    return Number(level) >= 50 ? [[msg, err?.message].filter(Boolean).join(': ')] : [];
  } catch {
    return [];
  }
}
