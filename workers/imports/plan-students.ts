import { addDays, type Day } from '../../queues/time/calendar.ts';
import { termEnd } from '../../sql/subscriptions/term.ts';
import { joinFamilies } from './families.ts';
import { isConflict, isError, isPromise, type Note, type PlannedRow } from './notes.ts';
import { type Found, gatherRows, noteOfRow, recognise } from './people.ts';
import type { HeldInFile, StudentRow } from './read-students.ts';
import { nameKey } from './values.ts';
import type { KnownPerson, World } from './world.ts';

export type HeldToBe = { subscription_id: number; start_date: Day; end_date: Day; sessions_left: number | null };
/** What is to be written of one person. `place` says which of the new ones it is; a payer is known, or one of them. */
export type PersonToBe = {
  id: number | null;
  place: number;
  /** The rows of the file that are about this person. */
  rows: number[];
  before: Record<string, unknown>;
  user: Record<string, string | null>;
  student: Record<string, string | null>;
  enrol: boolean;
  payer: { id: number } | { place: number } | null;
  groups: number[];
  subscriptions: HeldToBe[];
};
export type StudentsPlan = { rows: PlannedRow[]; people: PersonToBe[] };
type Wish = { today: Day; overwrite: boolean };

const OF_USER = ['first_name', 'last_name', 'phone', 'email', 'birth_date', 'gender', 'notes'] as const;
const OF_STUDENT = ['health_note', 'current_belt', 'registration_date'] as const;

/** What is to become of the rows of a file, given what is known (R25, R28). Writes nothing and reads nothing. */
export function planStudents(given: readonly StudentRow[], world: World, wish: Wish): StudentsPlan {
  const wrong = given.filter(({ remarks }) => remarks.some(isError));
  const found = gatherRows(given.filter(({ remarks }) => !remarks.some(isError)));
  recognise(found, world);
  const payers = joinFamilies(found, world, wish.today);
  const places = new Map(found.map((person, place) => [person, place]));
  const lookup = lookupOf(world);
  const planned = found.map((person) => planPerson(person, places.get(person) ?? 0, lookup, wish));
  for (const [member, payer] of payers) {
    const mine = planned[places.get(member) ?? 0]!;
    const head = 'found' in payer ? planned[places.get(payer.found) ?? 0]! : null;
    const id = 'id' in payer ? payer.id : head!.person.id;
    if (head && refusalOf(head.found) && !refusalOf(member))
      noteOfRow(member, member.row.row, { code: 'no_payer', params: { row: head.found.row.row } });
    pay(mine, id === null ? { place: head!.person.place } : { id }, wish);
  }
  const rows = [...wrong.map(wrongRow), ...planned.flatMap(rowsOut)].sort((one, other) => one.row - other.row);
  return { rows, people: planned.filter((plan) => !refusalOf(plan.found) && !isIdle(plan)).map(({ person }) => person) };
}

/** What is to be written of one person, and which rows (by their numbers) say something new. */
type PersonPlan = { found: Found; person: PersonToBe; changed: number[] };

const nameOf = ({ first_name, last_name }: { first_name: string; last_name: string }) => `${first_name} ${last_name}`.trim();
const wrongRow = (row: StudentRow): PlannedRow => ({
  row: row.row,
  outcome: 'error',
  name: nameOf(row),
  person_id: row.id,
  notes: row.remarks,
});

type Lookup = ReturnType<typeof lookupOf>;
function lookupOf({ groups, catalogue, members, held, people }: World) {
  const plain = (name: string) => name.toLowerCase().replaceAll('ё', 'е');
  const first = <T extends { id: number; name: string }>(all: readonly T[]) => {
    const found = new Map<string, T>();
    for (const one of all) if (!found.has(plain(one.name))) found.set(plain(one.name), one);
    return (name: string) => found.get(plain(name));
  };
  return {
    group: first(groups),
    subscription: first(catalogue),
    isMember: (
      (pairs) => (student: number, group: number) =>
        pairs.has(`${student}:${group}`)
    )(new Set(members.map(({ student_id, group_id }) => `${student_id}:${group_id}`))),
    held: Map.groupBy(held, ({ student_id }) => student_id),
    isKnown: (
      (ids) => (id: number) =>
        ids.has(id)
    )(new Set(people.map(({ id }) => id))),
  };
}

function planPerson(found: Found, place: number, lookup: Lookup, wish: Wish): PersonPlan {
  const { known, row } = found;
  const changed: number[] = [];
  const person: PersonToBe = {
    id: known?.id ?? null,
    place,
    rows: found.rows.map((each) => each.row),
    before: {},
    user: {},
    student: {},
    enrol: known?.is_student !== true,
    payer: null,
    groups: [],
    subscriptions: [],
  };
  const plan = { found, person, changed };
  if (known && person.enrol) noteOfRow(found, row.row, { code: 'enrols' });
  for (const field of OF_USER) write(person.user, field);
  for (const field of OF_STUDENT) write(person.student, field);
  if (known?.commands && ('phone' in person.user || 'email' in person.user)) noteOfRow(found, row.row, { code: 'commands' });
  if (row.payer_id !== null) {
    if (!lookup.isKnown(row.payer_id))
      noteOfRow(found, row.row, { code: 'no_payer', column: 'payer_id', params: { row: row.payer_id } });
    else pay(plan, { id: row.payer_id }, wish);
  }
  for (const each of found.rows) extras(each);
  return plan;

  function write(to: Record<string, string | null>, field: (typeof OF_USER)[number] | (typeof OF_STUDENT)[number]) {
    const wanted = row[field];
    const was = known?.[field] ?? null;
    if (wanted === null || wanted === '' || isAlike(field, wanted, was)) return;
    if (known && was !== null && was !== '' && !wish.overwrite) {
      return noteOfRow(found, row.row, { code: 'kept', column: field, params: { is: String(was), value: wanted } });
    }
    to[field] = wanted;
    changed.push(row.row);
    if (!known) return;
    person.before[field] = was;
    if (was === null || was === '') noteOfRow(found, row.row, { code: 'added', column: field, params: { value: wanted } });
    else noteOfRow(found, row.row, { code: 'replaced', column: field, params: { is: String(was), value: wanted } });
  }

  /** A name is alike whatever the order and the case of its words, unless the row is known by its id. */
  function isAlike(field: string, wanted: string, was: string | null) {
    if (wanted === was) return true;
    if (field === 'email') return wanted.toLowerCase() === was?.toLowerCase();
    return field.endsWith('_name') && known !== null && (row.id === null || nameKey(nameOf(known)) === row.key);
  }

  function extras(each: StudentRow) {
    for (const name of each.groups) {
      const group = lookup.group(name);
      if (!group) noteOfRow(found, each.row, { code: 'no_group', column: 'group', params: { value: name } });
      else if (!person.groups.includes(group.id) && !(known && lookup.isMember(known.id, group.id))) {
        if (isInactive()) noteOfRow(found, each.row, { code: 'inactive', params: { name: nameOf(row) } });
        else if (person.groups.push(group.id)) {
          changed.push(each.row);
          if (known) noteOfRow(found, each.row, { code: 'joins', column: 'group', params: { value: group.name } });
        }
      }
    }
    const wanted = each.subscription && heldOf(each.subscription, each.row);
    if (!wanted) return;
    if (isInactive()) noteOfRow(found, each.row, { code: 'inactive', params: { name: nameOf(row) } });
    else if (person.subscriptions.push(wanted)) {
      changed.push(each.row);
      const { name } = each.subscription!;
      if (known)
        noteOfRow(found, each.row, { code: 'holds', column: 'subscription', params: { value: name, until: wanted.end_date } });
    }
  }
  function isInactive() {
    return known?.is_active === false;
  }

  /** What of a subscription is to be held; null where there is nothing to do. */
  function heldOf(file: HeldInFile, at: number): HeldToBe | null {
    if (file.id !== null) return nothing('subscription_held', 'subscription', file.name);
    const item = lookup.subscription(file.name);
    if (!item) return nothing('no_subscription', 'subscription', file.name);
    if (item.number_of_sessions === null && file.left !== null) return nothing('unlimited_left', 'sessions_left', item.name);
    const start = file.start ?? (file.end === null ? wish.today : firstDay(file.end, item));
    const end = file.end ?? termEnd(start, item);
    if (end < start) return nothing('subscription_days', 'subscription_end', end);
    const mine = (known ? (lookup.held.get(known.id) ?? []) : []).filter(({ subscription_id }) => subscription_id === item.id);
    const isHeld = mine.some((held) =>
      file.start !== null ? held.start_date === file.start : file.end !== null ? held.end_date === file.end : held.is_live,
    );
    if (isHeld) return nothing('subscription_held', 'subscription', item.name);
    if (person.subscriptions.some((held) => held.subscription_id === item.id && held.start_date === start)) return null;
    if (end < wish.today) return nothing('subscription_over', 'subscription_end', end);
    return { subscription_id: item.id, start_date: start, end_date: end, sessions_left: file.left ?? item.number_of_sessions };

    function nothing(code: Note['code'], column: string, value: string) {
      noteOfRow(found, at, { code, column, params: { value } });
      return null;
    }
  }
}

/** Says who pays for somebody, unless somebody else does already. */
function pay({ found, person, changed }: PersonPlan, payer: NonNullable<PersonToBe['payer']>, wish: Wish) {
  const { known, row } = found;
  const was = known?.is_student ? known.payer_id : null;
  if ('id' in payer && payer.id === (was ?? known?.id)) return;
  if (was !== null && !wish.overwrite) {
    const value = 'id' in payer ? String(payer.id) : '+';
    return noteOfRow(found, row.row, { code: 'kept', column: 'payer_id', params: { is: String(was), value } });
  }
  person.payer = payer;
  if (known) person.before.payer_id = was;
  changed.push(row.row);
}

const isIdle = ({ found, person, changed }: PersonPlan) => found.known !== null && !person.enrol && changed.length === 0;

function rowsOut(plan: PersonPlan): PlannedRow[] {
  const { found, person, changed } = plan;
  const [refusal, isWritten] = [refusalOf(found), !isIdle(plan)];
  const isChanged = ({ row }: StudentRow, n: number) =>
    changed.includes(row) || (n === 0 && person.enrol) || (isWritten && found.added.includes(row));
  return found.rows.map((each, n) => rowOut(found, each, n, refusal ?? outcomeOf(found.known, n, isChanged(each, n))));
}

/** Where one row of a person is refused, all of them wait. */
function refusalOf({ notes }: Found): 'error' | 'conflict' | null {
  if (notes === null) return null;
  const all = [...notes.values()].flat();
  return all.some(isError) ? 'error' : all.some(isConflict) ? 'conflict' : null;
}

const outcomeOf = (known: KnownPerson | null, n: number, isChanged: boolean) =>
  !isChanged ? 'same' : known || n > 0 ? 'change' : 'new';

function rowOut(found: Found, each: StudentRow, n: number, outcome: PlannedRow['outcome']): PlannedRow {
  const same: Note[] = n > 0 ? [{ code: 'same_person', params: { row: found.rows[0]!.row } }] : [];
  const own = found.notes?.get(each.row) ?? [];
  const isRefused = outcome === 'error' || outcome === 'conflict';
  const said = isRefused ? own.filter((of) => !isPromise(of)) : own;
  return {
    row: each.row,
    outcome,
    name: nameOf(each),
    person_id: found.known?.id ?? null,
    notes: [...same, ...said, ...each.remarks],
  };
}

/** The first day of a term of which only the last one is known. */
function firstDay(end: Day, item: { validity_days: number | null; validity_months: number | null }): Day {
  if (item.validity_days !== null) return addDays(end, 1 - item.validity_days);
  let start = addDays(end, 1 - 31 * (item.validity_months ?? 1));
  while (termEnd(start, item) < end) start = addDays(start, 1);
  return start;
}
