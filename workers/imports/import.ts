import { createHash } from 'node:crypto';
import type { Day } from '../../queues/time/calendar.ts';
import type { Sql } from '../../sql/database/database.ts';
import { DAY_MS } from '../../sql/database/instants.ts';
import {
  findImport,
  givenRows,
  type Import,
  insertImport,
  noteConfirmed,
  noteWhoseRows,
  ROW_OUTCOMES,
  takeImport,
} from '../../sql/imports/imports.ts';
import {
  allGroups,
  heldBy,
  knownPeople,
  knownTimetable,
  lockPeople,
  membershipsOf,
  wholeCatalogue,
} from '../../sql/imports/world.ts';
import { insertTemplates } from '../../sql/imports/write.ts';
import { Refused } from '../refusal.ts';
import type { PlannedRow } from './notes.ts';
import { planStudents } from './plan-students.ts';
import { planTemplates, type TemplateRow } from './plan-templates.ts';
import type { ReadFile } from './read-file.ts';
import type { StudentRow } from './read-students.ts';
import type { World } from './world.ts';
import { writeStudents } from './write-students.ts';

/** For so long a preview can be confirmed (R25). */
const LIVES_MS = DAY_MS;
/** So many rows are written at once: their JSON is small enough for memory of which short-lived things are taken. */
const PART = 100;

type Wish = { today: Day; overwrite: boolean };
type Uploaded = { file: Uint8Array; fileName: string | null; by: string; now: Date };

/** Judges a file and keeps the preview; of the studio's own data nothing is written. */
export async function previewImport(transaction: Sql, read: ReadFile, wish: Wish, { file, fileName, by, now }: Uploaded) {
  const { rows, parts, print } = await planned(transaction, read.kind, read.read.rows, wish);
  const counts = countsOf(rows);
  return insertImport(transaction, {
    kind: read.kind,
    file_name: fileName,
    sha256: createHash('sha256').update(file).digest('hex'),
    overwrite: wish.overwrite,
    judged_on: wish.today,
    print,
    columns: read.read.columns,
    counts,
    created_by: by,
    expires_at: new Date(now.getTime() + LIVES_MS).toISOString(),
    rows: parts(),
  });
}

/**
 * Writes what a preview said, in the caller's transaction, once: again it answers what was written. Throws `missing` where there is
 * none, a `conflict` where its time is over or the data has changed since, so that something else would be written than was shown.
 */
export async function confirmImport(transaction: Sql, id: number, { by, now }: { by: string; now: Date }): Promise<Import> {
  const kept = await takeImport(transaction, id);
  if (!kept) throw new Refused('missing', `there is no import ${id}`);
  if (kept.confirmed_at !== null) return (await findImport(transaction, id)) as Import;
  if (Date.parse(kept.expires_at) <= now.getTime()) {
    throw new Refused('conflict', 'this preview is more than 24 hours old: upload the file again', { reason: 'expired' });
  }
  const wish = { today: kept.judged_on, overwrite: kept.overwrite };
  const { parts, print, write } = await planned(transaction, kept.kind, await givenRows(transaction, id), wish, true);
  for (const _ of parts());
  if (print() !== kept.print) {
    throw new Refused('conflict', 'the data has changed since the preview: upload the file again', { reason: 'changed' });
  }
  const { result, people } = await write(transaction);
  if (people.length > 0) await noteWhoseRows(transaction, id, people);
  return noteConfirmed(transaction, id, { by, now, result });
}

type Written = { result: Record<string, number>; people: { row: number; person_id: number }[] };
type Planned = {
  rows: PlannedRow[];
  /** The rows with what they said, as JSON, some at a time: a part is gone before the next one is made. */
  parts: () => Iterable<string>;
  /** By this a plan is known again, once its parts were made: of them, and of what is to be written. */
  print: () => string;
  write: (transaction: Sql) => Promise<Written>;
};

async function planned(
  db: Sql,
  kind: ReadFile['kind'],
  given: readonly unknown[],
  wish: Wish,
  isToLock = false,
): Promise<Planned> {
  if (kind === 'templates') {
    const plan = planTemplates(given as TemplateRow[], await knownTimetable(db));
    const write = async (transaction: Sql) => {
      if (plan.templates.length > 0) await insertTemplates(transaction, plan.templates);
      return { result: { templates_created: plan.templates.length }, people: [] };
    };
    return { rows: plan.rows, ...inParts(plan.rows, given, plan.templates), write };
  }
  const rows = given as StudentRow[];
  const plan = planStudents(rows, await worldOf(db, rows, wish.today, isToLock), wish);
  const write = (transaction: Sql) => writeStudents(transaction, plan.people, wish.today);
  return { rows: plan.rows, ...inParts(plan.rows, rows, plan.people), write };
}

/** A plan has each row that was given, in their order. */
function inParts(
  rows: readonly PlannedRow[],
  given: readonly unknown[],
  toWrite: readonly object[],
): Pick<Planned, 'parts' | 'print'> {
  const hash = createHash('sha256');
  function* parts() {
    for (let n = 0; n < rows.length; n += PART) {
      const part = JSON.stringify(rows.slice(n, n + PART).map((row, at) => ({ ...row, given: given[n + at] })));
      hash.update(part);
      yield part;
    }
    for (let n = 0; n < toWrite.length; n += PART) hash.update(JSON.stringify(toWrite.slice(n, n + PART)));
  }
  return { parts, print: () => hash.digest('hex') };
}

/** All that is known of those the rows may mean. @param isToLock whether they stay as they are until the transaction ends */
async function worldOf(db: Sql, rows: readonly StudentRow[], today: Day, isToLock: boolean): Promise<World> {
  const named = {
    ids: rows.flatMap(({ id, payer_id }) => [id, payer_id].filter((one) => one !== null)),
    phones: rows.flatMap(({ phone }) => phone ?? []),
    emails: rows.flatMap(({ email }) => email?.toLowerCase() ?? []),
    births: [...new Set(rows.flatMap(({ birth_date }) => birth_date ?? []))],
  };
  const look = () => knownPeople(db, named);
  if (isToLock)
    await lockPeople(
      db,
      (await look()).map(({ id }) => id),
    );
  const people = await look();
  const ids = people.map(({ id }) => id);
  return {
    people,
    groups: await allGroups(db),
    catalogue: await wholeCatalogue(db),
    members: await membershipsOf(db, ids, today),
    held: await heldBy(db, ids),
  };
}

function countsOf(rows: readonly PlannedRow[]): Import['counts'] {
  const counts = Object.fromEntries(ROW_OUTCOMES.map((outcome) => [outcome, 0])) as Import['counts'];
  for (const { outcome } of rows) counts[outcome] += 1;
  return counts;
}
