import type { Day } from '../../queues/time/calendar.ts';
import type { Note } from './notes.ts';
import { type Found, noteOfRow, rowNumbers } from './people.ts';
import { isAdult } from './values.ts';
import type { KnownPerson, World } from './world.ts';

/** Who pays for somebody: another person of the file, or somebody the studio knows. */
export type Payer = { found: Found } | { id: number };

const ageOf = ({ row, known }: Found, today: Day) => isAdult(row.birth_date ?? known?.birth_date ?? null, today);
const nameOf = ({ first_name, last_name }: { first_name: string; last_name: string }) => `${first_name} ${last_name}`.trim();
const all = (people: readonly Found[], of: Note) => {
  for (const found of people) for (const { row } of found.rows) noteOfRow(found, row, of);
};

/**
 * One phone of several people is a family's (R28): the adult holds it and pays, the others have none. Two adults, or children alone, are
 * for somebody to decide. Whose age nobody knows is taken for the adult where there is no other. Takes the phone from the rows of those
 * who do not hold it, and returns who pays for whom.
 */
export function joinFamilies(found: readonly Found[], { people }: World, today: Day): Map<Found, Payer> {
  const payers = new Map<Found, Payer>();
  const byId = new Map(people.map((person) => [person.id, person]));
  const now = (one: KnownPerson) => (one.merged_into === null ? one : (byId.get(one.merged_into) ?? one));
  const byPhone = new Map(people.flatMap((person) => (person.phone ? [[person.phone, now(person)] as const] : [])));
  const families = Map.groupBy(
    found.filter(({ row }) => row.phone !== null),
    ({ row }) => row.phone as string,
  );
  for (const [phone, members] of families) {
    const holder = byPhone.get(phone);
    const isAmong = members.some(({ known }) => known?.id === holder?.id);
    if (holder && !isAmong) joinHolder(members, holder, payers, today);
    else if (members.length > 1) joinMembers(members, holder, payers, today);
  }
  return payers;
}

/** Of a phone that somebody holds whom the file does not name. */
function joinHolder(members: readonly Found[], holder: KnownPerson, payers: Map<Found, Payer>, today: Day) {
  for (const member of members) {
    const isHis = member.known !== null && member.known.payer_id === holder.id;
    const isChild = ageOf(member, today) === false && isAdult(holder.birth_date, today) !== false;
    if (!isHis && !isChild && member.row.is_decided) leavePhone(member, holder);
    else if (!isHis && !isChild)
      all([member], { code: 'phone_taken', column: 'phone', params: { name: nameOf(holder), id: holder.id } });
    else belongTo(member, { id: holder.id }, nameOf(holder), payers);
  }
}

/** Whoever it was decided to be, the phone stays with the other one who has it. */
function leavePhone(member: Found, holder: KnownPerson) {
  member.row.phone = null;
  all([member], { code: 'phone_left', column: 'phone', params: { name: nameOf(holder), id: holder.id } });
}

function joinMembers(members: readonly Found[], holder: KnownPerson | undefined, payers: Map<Found, Payer>, today: Day) {
  const adults = members.filter((member) => ageOf(member, today) === true);
  if (adults.length > 1) return all(members, { code: 'two_adults', column: 'phone', params: { rows: rowsOf(adults) } });
  const unknown = members.filter((member) => ageOf(member, today) === null);
  const head = adults[0] ?? unknown.find(({ known }) => known && known.id === holder?.id) ?? unknown[0];
  if (!head) return all(members, { code: 'no_adult', column: 'phone', params: { rows: rowsOf(members) } });
  if (holder && head.known?.id !== holder.id)
    return all(members, { code: 'phone_taken', column: 'phone', params: { name: nameOf(holder), id: holder.id } });
  if (adults.length === 0) all([head], { code: 'taken_for_adult', column: 'phone' });
  for (const member of members) if (member !== head) belongTo(member, { found: head }, nameOf(head.row), payers);
}

function belongTo(member: Found, payer: Payer, name: string, payers: Map<Found, Payer>) {
  member.row.phone = null;
  if (member.row.payer_id === null) payers.set(member, payer);
  all([member], { code: 'family', params: { name } });
}

const rowsOf = (people: readonly Found[]) => rowNumbers(people.map(({ row }) => row.row));
