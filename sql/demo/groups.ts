import { daysAfter, weekAfter } from './days.ts';
import type { DemoPerson } from './people.ts';
import type { Random } from './random.ts';
import { TIMETABLE, TYPES, type Type } from './timetable.ts';

/** A student's place in a group; `template` is the group's place in the timetable. */
export type Link = { template: number; person: DemoPerson; start: string; isFrozen: boolean };

type Group = { template: number; type: Type; from: number; to: number; places: number; waiting: number; taken: number };

const minutes = (clock: string) => Number(clock.slice(0, 2)) * 60 + Number(clock.slice(3));

/** The groups with their times as minutes since Monday 00:00. */
const groupsOfTheWeek = () =>
  TIMETABLE.map(([day, start, type, , , waiting = 0], template): Group => {
    const [, places, , length] = TYPES[type];
    const from = (day - 1) * 1_440 + minutes(start);
    return { template, type, from, to: from + length, places, waiting, taken: 0 };
  });

/**
 * Who comes to which group: most students to one to three that do not overlap, no more of them than places, except that
 * - two who cannot decide are linked to Monday's BJJ and to the boxing that begins before it ends (`student_busy`, D7),
 * - the groups with a waiting list have more regulars than places (`full`, D6).
 * @param away students whose freeze covers the next week: they are linked, and do not come
 */
export function planLinks(random: Random, today: string, students: readonly DemoPerson[], away: ReadonlySet<DemoPerson>): Link[] {
  const links: Link[] = [];
  const groups = groupsOfTheWeek();
  const mine = new Map<DemoPerson, Group[]>(students.map((person) => [person, []]));
  const isFree = (person: DemoPerson, group: Group) =>
    mine.get(person)!.every(({ from, to }) => to <= group.from || group.to <= from);
  const fansOf = (type: Type) =>
    random.shuffled(students.filter((person) => person.student!.favourites.includes(type) && !away.has(person)));
  const past = (person: DemoPerson) => daysAfter(today, -random.int(0, person.student!.age));

  const link = (person: DemoPerson, group: Group, how: 'comes' | 'paused' | 'later' = 'comes') => {
    mine.get(person)!.push(group);
    if (how === 'comes' && !away.has(person)) group.taken += 1;
    const start = how === 'later' ? daysAfter(weekAfter(today).sunday, random.int(1, 14)) : past(person);
    links.push({ template: group.template, person, start, isFrozen: how === 'paused' });
  };

  const [bjj, boxing] = (['bjj', 'boxing'] as const).map((type) => groups.find((group) => group.type === type)!);
  for (const person of fansOf('boxing').slice(0, 2)) {
    link(person, bjj!);
    link(person, boxing!);
  }
  for (const group of groups.filter(({ waiting }) => waiting > 0)) {
    const crowd = fansOf(group.type).filter((person) => isFree(person, group));
    for (const person of crowd.slice(0, group.places + group.waiting)) link(person, group);
  }
  for (const group of groups.filter(({ type }) => type === 'personal')) {
    link(fansOf('functional').find((person) => isFree(person, group))!, group);
  }
  for (const person of random.shuffled(students)) {
    const wanted = random.pick(person.isChild ? [1, 1, 2, 2] : [1, 1, 2, 2, 3]);
    for (const group of random.shuffled(groups)) {
      if (mine.get(person)!.length >= wanted) break;
      if (!person.student!.favourites.includes(group.type) || !isFree(person, group) || group.taken >= group.places) continue;
      link(person, group, random.pick([...Array<'comes'>(18).fill('comes'), 'paused', 'later']));
    }
  }
  return links;
}
