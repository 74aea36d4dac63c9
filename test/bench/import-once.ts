import { readFileSync } from 'node:fs';
import { openDatabase, sql } from '../../sql/database/database.ts';
import { previewImport } from '../../workers/imports/import.ts';
import { readFile } from '../../workers/imports/read-file.ts';
import { mostResident } from './measure.ts';

/** One preview in a process of its own, for `import.ts`: prints the most memory it had before, and after. */
const [url = '', path = '', today = ''] = process.argv.slice(2);
const db = await openDatabase(url, { name: 'bench' });
await db.query(sql.unsafe`select 1`);
const before = mostResident();
const file = readFileSync(path);
const about = { file, fileName: null, by: 'bench', now: new Date(`${today}T12:00:00Z`) };
await db.transaction((transaction) =>
  previewImport(transaction, readFile('students', file, { today, order: null }), { today, overwrite: false }, about),
);
console.log(before, mostResident());
await db.end();
