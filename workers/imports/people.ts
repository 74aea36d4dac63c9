import type { Note } from './notes.ts';
import type { StudentRow } from './read-students.ts';
import { isSameName, nameKey } from './values.ts';
import type { KnownPerson, World } from './world.ts';

/** Somebody in a file: all rows that are about them, and who it is, if the studio knows them already. */
export type Found = {
  rows: StudentRow[];
  row: StudentRow;
  known: KnownPerson | null;
  notes: Map<number, Note[]>;
  added: Set<number>;
};

/** The fields in which two rows of one person may not differ. */
const ALIKE = ['id', 'phone', 'email', 'birth_date', 'gender', 'current_belt', 'registration_date', 'payer_id'] as const;
const ADDED = [...ALIKE, 'notes', 'health_note'] as const;

const note = (found: Found, row: StudentRow, of: Note) => found.notes.set(row.row, [...(found.notes.get(row.row) ?? []), of]);
const lower = (email: string) => email.toLowerCase();

/** Puts together what several rows say of one person (R28): they add up, and where they differ somebody has to decide. */
export function gatherRows(rows: readonly StudentRow[]): Found[] {
  const found: Found[] = [];
  const index = new Map<string, Found[]>();
  const keysOf = (row: StudentRow) =>
    [
      row.id === null ? null : `id:${row.id}`,
      row.phone && `phone:${row.phone}`,
      row.email && `email:${lower(row.email)}`,
      row.birth_date && `birth:${row.birth_date}`,
    ].filter((key) => key !== null);
  for (const row of rows) {
    const candidates = new Set(
      keysOf(row)
        .flatMap((key) => index.get(key) ?? [])
        .filter((other) => isOne(other.row, row)),
    );
    const [one, another] = candidates;
    const person: Found = one ?? { rows: [], row: { ...row }, known: null, notes: new Map(), added: new Set() };
    person.rows.push(row);
    if (!one) found.push(person);
    else if (another)
      note(person, row, { code: 'two_in_file', params: { rows: [...candidates].map(({ row }) => row.row).join(', ') } });
    else add(person, row);
    for (const key of keysOf(row)) {
      const there = index.get(key) ?? [];
      if (!there.includes(person)) index.set(key, [...there, person]);
    }
  }
  return found;
}

const isOne = (one: StudentRow, other: StudentRow) =>
  one.id !== null && other.id !== null ? one.id === other.id : isSameName(one.key, other.key);

function add(person: Found, row: StudentRow) {
  const differing = ALIKE.filter(
    (field) => row[field] !== null && person.row[field] !== null && row[field] !== person.row[field],
  );
  for (const field of differing) {
    const params = { value: String(row[field]), other: String(person.row[field]), row: person.row.row };
    note(person, row, { code: 'rows_differ', column: field, params });
  }
  if (differing.length > 0) return;
  for (const field of ADDED) {
    if (person.row[field] !== null || row[field] === null) continue;
    Object.assign(person.row, { [field]: row[field] });
    person.added.add(row.row);
  }
}

/** Finds out who they are (R28): by id, phone and name, e-mail and name, name and birth; never by the name alone. */
export function recognise(found: readonly Found[], { people }: World) {
  const byId = new Map(people.map((person) => [person.id, person]));
  const byPhone = new Map(people.flatMap((person) => (person.phone ? [[person.phone, person] as const] : [])));
  const byEmail = Map.groupBy(people, ({ email }) => email && lower(email));
  const byBirth = Map.groupBy(people, ({ birth_date }) => birth_date);
  const byPayer = Map.groupBy(people, ({ payer_id }) => payer_id);
  for (const person of found) {
    const { row } = person;
    if (row.id !== null) {
      person.known = byId.get(row.id) ?? null;
      if (!person.known)
        for (const each of person.rows) note(person, each, { code: 'no_such_id', column: 'id', params: { id: row.id } });
      continue;
    }
    const holder = row.phone === null ? undefined : byPhone.get(row.phone);
    const candidates = [
      ...(holder ? [holder, ...(byPayer.get(holder.id) ?? [])] : []),
      ...(row.email ? (byEmail.get(lower(row.email)) ?? []) : []),
      ...(row.birth_date ? (byBirth.get(row.birth_date) ?? []) : []),
    ].filter((other) => isSameName(row.key, keyOf(other)));
    const ids = [...new Set(candidates.map(({ id }) => id))];
    if (ids.length === 1) person.known = candidates[0] ?? null;
    if (ids.length > 1)
      for (const each of person.rows) note(person, each, { code: 'two_candidates', params: { ids: ids.join(', ') } });
  }
  const same = Map.groupBy(
    found.filter(({ known }) => known),
    ({ known }) => known?.id,
  );
  for (const several of same.values())
    if (several.length > 1)
      for (const person of several)
        for (const each of person.rows)
          note(person, each, { code: 'two_in_file', params: { rows: several.map(({ row }) => row.row).join(', ') } });
}

const keys = new WeakMap<KnownPerson, string>();
function keyOf(person: KnownPerson): string {
  const key = keys.get(person) ?? nameKey(person.first_name, person.last_name);
  keys.set(person, key);
  return key;
}
