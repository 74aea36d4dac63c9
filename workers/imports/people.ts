import type { Note } from './notes.ts';
import type { StudentRow } from './read-students.ts';
import { isSameName, nameKey, pairsOf } from './values.ts';
import type { KnownPerson, World } from './world.ts';

/** Somebody in a file: all rows that are about them, and who it is, if the studio knows them already. */
export type Found = {
  rows: StudentRow[];
  row: StudentRow;
  known: KnownPerson | null;
  /** What is said of each row; made when something is, for of most rows there is nothing to say. */
  notes: Map<number, Note[]> | null;
  /** The rows that said something which those before them had not. */
  added: number[];
};

/** The fields in which two rows of one person may not differ. */
const ALIKE = ['id', 'phone', 'email', 'birth_date', 'gender', 'current_belt', 'registration_date', 'payer_id'] as const;
const ADDED = [...ALIKE, 'notes', 'health_note'] as const;

/** Says something of a row, by its number. */
export function noteOfRow(found: Found, row: number, of: Note) {
  found.notes ??= new Map();
  const there = found.notes.get(row);
  if (there) there.push(of);
  else found.notes.set(row, [of]);
}
const MOST_LISTED = 20;
/** Numbers as a note says them; of very many the first, for each of so many rows would say them all. */
export const rowNumbers = (numbers: readonly number[]) =>
  numbers.slice(0, MOST_LISTED).join(', ') + (numbers.length > MOST_LISTED ? ', …' : '');
const lower = (email: string) => email.toLowerCase();

/** Puts together what several rows say of one person (R28): they add up, and where they differ somebody has to decide. */
export function gatherRows(rows: readonly StudentRow[]): Found[] {
  const found: Found[] = [];
  const index = new Map<string, Found[]>();
  for (const row of rows) {
    const keys = keysOf(row);
    const candidates: Found[] = [];
    for (const key of keys)
      for (const other of index.get(key) ?? []) if (isOne(other.row, row) && !candidates.includes(other)) candidates.push(other);
    const [one, another] = candidates;
    const person: Found = one ?? { rows: [], row: { ...row }, known: null, notes: null, added: [] };
    person.rows.push(row);
    if (!one) found.push(person);
    else if (another)
      noteOfRow(person, row.row, { code: 'two_in_file', params: { rows: rowNumbers(candidates.map(({ row }) => row.row)) } });
    else add(person, row);
    for (const key of keys) {
      const there = index.get(key);
      if (!there) index.set(key, [person]);
      else if (!there.includes(person)) there.push(person);
    }
  }
  return found;
}

/**
 * By these a row is looked up among the others: by its id, and by what it has in common with them together with words of the name. So a
 * phone or a birth that stands in every row (a studio's own, the first of January) leads to those of the name alone.
 */
function keysOf({ id, phone, email, birth_date, key }: StudentRow): string[] {
  const keys = id === null ? [] : [`id:${id}`];
  for (const pair of pairsOf(key)) {
    if (phone !== null) keys.push(`${phone} ${pair}`);
    if (email !== null) keys.push(`${lower(email)} ${pair}`);
    if (birth_date !== null) keys.push(`${birth_date} ${pair}`);
  }
  return keys;
}

const isOne = (one: StudentRow, other: StudentRow) =>
  one.id !== null && other.id !== null ? one.id === other.id : isSameName(one.key, other.key);

function add(person: Found, row: StudentRow) {
  if (row.is_decided) person.row.is_decided = true;
  const differing = ALIKE.filter(
    (field) => row[field] !== null && person.row[field] !== null && row[field] !== person.row[field],
  );
  for (const field of differing) {
    const params = { value: String(row[field]), other: String(person.row[field]), row: person.row.row };
    noteOfRow(person, row.row, { code: 'rows_differ', column: field, params });
  }
  if (differing.length > 0) return;
  for (const field of ADDED) {
    if (person.row[field] !== null || row[field] === null) continue;
    Object.assign(person.row, { [field]: row[field] });
    if (person.added.at(-1) !== row.row) person.added.push(row.row);
  }
}

/** Finds out who they are (R28): by id, phone and name, e-mail and name, name and birth; never by the name alone, nor where somebody has decided. */
export function recognise(found: readonly Found[], { people }: World) {
  const byId = new Map(people.map((person) => [person.id, person]));
  const byPhone = new Map(people.flatMap((person) => (person.phone ? [[person.phone, person] as const] : [])));
  const withEmail = lookupBy(people, ({ email }) => email && lower(email));
  const bornOn = lookupBy(people, ({ birth_date }) => birth_date);
  const byPayer = Map.groupBy(people, ({ payer_id }) => payer_id);
  const now = (one: KnownPerson) => (one.merged_into === null ? one : (byId.get(one.merged_into) ?? one));
  for (const person of found) {
    const { row } = person;
    const payer = row.payer_id === null ? undefined : byId.get(row.payer_id);
    if (payer) row.payer_id = now(payer).id;
    if (row.id !== null) {
      const named = byId.get(row.id);
      person.known = named ? now(named) : null;
      if (!person.known)
        for (const each of person.rows) noteOfRow(person, each.row, { code: 'no_such_id', column: 'id', params: { id: row.id } });
      continue;
    }
    if (row.is_decided) continue;
    const holder = row.phone === null ? undefined : byPhone.get(row.phone);
    const candidates = new Set([
      ...(holder ? [holder, ...(byPayer.get(holder.id) ?? [])] : []),
      ...(row.email ? withEmail(lower(row.email), row.key) : []),
      ...(row.birth_date ? bornOn(row.birth_date, row.key) : []),
    ]);
    const same = [...new Set([...candidates].filter((other) => isSameName(row.key, keyOf(other))).map(now))];
    if (same.length === 1) person.known = same[0] ?? null;
    if (same.length > 1)
      for (const each of person.rows)
        noteOfRow(person, each.row, { code: 'two_candidates', params: { ids: rowNumbers(same.map(({ id }) => id)) } });
  }
  const former = Map.groupBy(people, (person) => person.merged_into);
  for (const { row, known } of found) if (known) forgetFormer(row, known, former.get(known.id) ?? []);
  const same = Map.groupBy(
    found.filter(({ known }) => known),
    ({ known }) => known?.id,
  );
  for (const several of same.values())
    if (several.length > 1) {
      const rows = rowNumbers(several.map(({ row }) => row.row));
      for (const person of several)
        for (const each of person.rows) noteOfRow(person, each.row, { code: 'two_in_file', params: { rows } });
    }
}

/** A phone or e-mail under which the person was kept before two records were merged is no change of the one they have now. */
function forgetFormer(row: Found['row'], known: KnownPerson, former: readonly KnownPerson[]) {
  if (row.phone !== known.phone && former.some(({ phone }) => phone !== null && phone === row.phone)) row.phone = null;
  const email = row.email && lower(row.email);
  if (email && email !== known.email?.toLowerCase() && former.some((one) => one.email && lower(one.email) === email))
    row.email = null;
}

/** Looks people up by something that they have, and by words of the name. */
function lookupBy(people: readonly KnownPerson[], has: (person: KnownPerson) => string | null) {
  const index = new Map<string, KnownPerson[]>();
  for (const person of people) {
    const value = has(person);
    if (value === null || value === '') continue;
    for (const pair of pairsOf(keyOf(person))) {
      const there = index.get(`${value} ${pair}`);
      if (there) there.push(person);
      else index.set(`${value} ${pair}`, [person]);
    }
  }
  if (index.size === 0) return () => [];
  return (value: string, key: string) => pairsOf(key).flatMap((pair) => index.get(`${value} ${pair}`) ?? []);
}

const keys = new WeakMap<KnownPerson, string>();
function keyOf(person: KnownPerson): string {
  const key = keys.get(person) ?? nameKey(person.first_name, person.last_name);
  keys.set(person, key);
  return key;
}
