import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDatabase, sql } from '../../sql/database/database.ts';
import { confirmImport, previewImport } from '../../workers/imports/import.ts';
import { readFile } from '../../workers/imports/read-file.ts';
import { readTable } from '../../workers/imports/table.ts';
import { xlsxFile } from '../imports/sheets.ts';
import { median, ms, report, timed, times } from './measure.ts';

const ROWS = 10_000;
const TODAY = '2026-11-26';
const HEAD = ['ФИО', 'Телефон', 'Почта', 'Дата рождения', 'Абонемент', 'Осталось', 'Действует до', 'Заметки'];

/**
 * A preview of 10,000 rows against reading the file; and writing them, in one transaction. Reading is to have the cells as text, as
 * `readTable` gives them: what they mean is judged afterwards. Memory is that of a process which previews one file and does nothing else.
 */
export async function benchImport(url: string) {
  const db = await openDatabase(url, { name: 'bench' });
  await db.query(sql.unsafe`
    insert into subscriptions (name, price_minor, number_of_sessions, validity_days) values ('8 занятий', 480000, 8, 30)`);
  const rows = Array.from({ length: ROWS }, (_, n) => [
    `Фамилия${n} Имя${n % 97}`,
    `8912${String(n).padStart(7, '0')}`,
    `client${n}@example.com`,
    `${String(1 + (n % 28)).padStart(2, '0')}.0${1 + (n % 9)}.${1970 + (n % 40)}`,
    n % 2 ? '8 занятий' : '',
    n % 2 ? String(n % 9) : '',
    n % 2 ? '15.12.2026' : '',
    'пришла по совету подруги',
  ]);
  const files = {
    csv: new TextEncoder().encode([HEAD, ...rows].map((row) => row.join(';')).join('\r\n')),
    xlsx: xlsxFile([HEAD, ...rows]),
  };
  const wish = { today: TODAY, overwrite: false };
  for (const [name, file] of Object.entries(files)) {
    const about = { file, fileName: null, by: 'bench', now: new Date(`${TODAY}T12:00:00Z`) };
    const preview = () =>
      db.transaction((transaction) =>
        previewImport(transaction, readFile('students', file, { today: TODAY, order: null }), wish, about),
      );
    const [reads, previews]: [number[], number[]] = [[], []];
    for (let n = 0; n < 3; n += 1) {
      reads.push(await timed(async () => readTable(file)));
      previews.push(await timed(preview));
    }
    report(`${name}: reading ${(file.length / 1e6).toFixed(1)} MB`, ms(median(reads)));
    report(`${name}: preview, read, judged and kept`, ms(median(previews)));
    report(`${name}: ratio`, times(median(previews) / median(reads)), 'aim: under 5 x');
  }
  for (const [name, file] of Object.entries(files)) {
    const dir = mkdtempSync(join(tmpdir(), 'studio-fleet-bench-'));
    writeFileSync(join(dir, name), file);
    const once = join(import.meta.dirname, 'import-once.ts');
    const [before, most] = execFileSync(process.execPath, [once, url, join(dir, name), TODAY])
      .toString()
      .split(' ');
    rmSync(dir, { recursive: true });
    report(
      `${name}: most memory of one preview, PostgreSQL apart`,
      `${most?.trim()} MB`,
      `aim: under 200 MB; ${before} before it`,
    );
  }
  const about = { file: files.csv, fileName: null, by: 'bench', now: new Date(`${TODAY}T12:00:00Z`) };
  const read = readFile('students', files.csv, { today: TODAY, order: null });
  const { id } = await db.transaction((transaction) => previewImport(transaction, read, wish, about));
  const confirm = () => db.transaction((transaction) => confirmImport(transaction, id, { by: 'bench', now: about.now }));
  const done = await confirm();
  report('written', JSON.stringify(done.result));
  const again = await db.transaction((transaction) => previewImport(transaction, read, wish, about));
  if (again.counts.same !== ROWS) throw new Error(`the same file would change something: ${JSON.stringify(again.counts)}`);
  await db.end();
}
