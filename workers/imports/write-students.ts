import type { Day } from '../../queues/time/calendar.ts';
import type { Sql } from '../../sql/database/database.ts';
import {
  changePeople,
  changeStudents,
  enrolPeople,
  holdSubscriptions,
  insertImported,
  joinGroups,
  newPeopleIds,
} from '../../sql/imports/write.ts';
import type { PersonToBe } from './plan-students.ts';

/**
 * Writes people, students, who pays for whom, groups and subscriptions, each kind at once. Returns how many of each, and whose each row
 * of the file is.
 */
export async function writeStudents(transaction: Sql, people: readonly PersonToBe[], today: Day) {
  const fresh = people.filter(({ id }) => id === null);
  const ids = await newPeopleIds(transaction, fresh.length);
  const places = new Map(fresh.map(({ place }, n) => [place, ids[n] as number]));
  const idOf = ({ id, place }: { id: number | null; place: number }) => id ?? (places.get(place) as number);
  const known = people.filter(({ id }) => id !== null);
  const changed = known.filter(({ user }) => Object.keys(user).length > 0);
  const students = people.filter(({ enrol, student, payer }) => !enrol && (Object.keys(student).length > 0 || payer));
  const enrolled = people.filter(({ enrol }) => enrol);
  const paid = (person: PersonToBe) => {
    const { payer } = person;
    return payer && { payer_id: 'id' in payer ? payer.id : places.get(payer.place) };
  };
  if (fresh.length > 0)
    await insertImported(
      transaction,
      fresh.map((person) => ({ id: idOf(person), ...person.user })),
    );
  if (changed.length > 0)
    await changePeople(
      transaction,
      changed.map(({ id, user }) => ({ id, ...user })),
    );
  if (enrolled.length > 0)
    await enrolPeople(
      transaction,
      enrolled.map((person) => ({ id: idOf(person), ...person.student })),
      today,
    );
  const toChange = [
    ...students.map((person) => ({ id: idOf(person), ...person.student, ...paid(person) })),
    ...enrolled.filter(({ payer }) => payer).map((person) => ({ id: idOf(person), ...paid(person) })),
  ];
  if (toChange.length > 0) await changeStudents(transaction, toChange);
  const members = people.flatMap((person) => person.groups.map((group_id) => ({ group_id, student_id: idOf(person) })));
  if (members.length > 0) await joinGroups(transaction, members, today);
  const held = people.flatMap((person) => person.subscriptions.map((one) => ({ ...one, student_id: idOf(person) })));
  if (held.length > 0) await holdSubscriptions(transaction, held);
  return {
    result: {
      people_created: fresh.length,
      people_changed: known.length,
      group_members_added: members.length,
      subscriptions_added: held.length,
    },
    people: people.flatMap((person) => person.rows.map((row) => ({ row, person_id: idOf(person) }))),
  };
}
