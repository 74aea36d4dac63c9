import { mkdir, open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { syncFolder } from '../../sql/database/archive-wal.ts';
import type { Sql } from '../../sql/database/database.ts';
import { erasuresToFile, type FiledErasure, filedErasure, isStillKnown, markFiled } from '../../sql/people/erasures.ts';
import { eraseAgain } from '../people/erase.ts';
import { isAbsent, type Store, textIn } from './store.ts';

/** Beside the backups, for it must outlive the database: a line of JSON for each act. It names numbers only. */
const FILE = 'erasures.jsonl';
const pathIn = (backupDir: string) => join(backupDir, FILE);

/** Writes acts that lie in the database alone into the file. Killed midway a line may stand there twice, which does no harm. */
export async function fileErasures(db: Sql, backupDir: string) {
  await db.transaction(async (transaction) => {
    const acts = await erasuresToFile(transaction);
    if (acts.length === 0) return;
    await append(
      backupDir,
      acts.map((act) => JSON.stringify(act)),
    );
    await markFiled(
      transaction,
      acts.map(({ user_id }) => user_id),
    );
  });
}

async function append(backupDir: string, lines: readonly string[]) {
  await mkdir(backupDir, { recursive: true, mode: 0o700 });
  const file = await open(pathIn(backupDir), 'a', 0o600);
  try {
    await file.appendFile(lines.map((line) => `${line}\n`).join(''));
    await file.sync();
  } finally {
    await file.close();
  }
  await syncFolder(backupDir);
}

const linesIn = async (store: Store): Promise<string[]> =>
  (
    await textIn(store, FILE).catch((error) => {
      if (isAbsent(error)) return '';
      throw error;
    })
  )
    .split('\n')
    .filter((line) => isAct(line));

function isAct(line: string): boolean {
  try {
    return filedErasure.safeParse(JSON.parse(line)).success;
  } catch {
    return false;
  }
}

const missingIn = (lines: readonly string[], others: readonly string[]) => {
  const there = new Set(lines);
  return [...new Set(others)].filter((line) => !there.has(line));
};

/** Copies the acts to another place, which keeps those it alone has: the file here may be a new one. */
export async function copyErasures(from: Store, to: Store) {
  const there = await linesIn(to);
  const missing = missingIn(there, await linesIn(from));
  if (missing.length === 0) return;
  const whole = Buffer.from([...there, ...missing].map((line) => `${line}\n`).join(''));
  await to.write(
    FILE,
    (async function* () {
      yield whole;
    })(),
  );
}

/** Brings acts back that the copy alone has. Here they are only ever added: a fleet may be adding some as well. */
export async function bringErasures(copy: Store, own: Store & { root: string }) {
  const missing = missingIn(await linesIn(own), await linesIn(copy));
  if (missing.length > 0) await append(own.root, missing);
}

/** All acts of the file; a line that a power cut has torn is left out. */
async function readErasures(backupDir: string): Promise<FiledErasure[]> {
  const content = await readFile(pathIn(backupDir), 'utf8').catch((error) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
  return content.split('\n').flatMap((line) => {
    try {
      return [filedErasure.parse(JSON.parse(line))];
    } catch {
      return [];
    }
  });
}

/**
 * Erases again in a restored database whoever was erased since its backup (R31). A number that is somebody else's by now, or nobody's,
 * is left alone. Returns how many.
 */
export async function replayErasures(transaction: Sql, backupDir: string): Promise<number> {
  let count = 0;
  for (const act of await readErasures(backupDir)) {
    if (!(await isStillKnown(transaction, act))) continue;
    await eraseAgain(transaction, act);
    count += 1;
  }
  return count;
}
