import { daysAfter } from './days.ts';
import { familyName, firstName, type Gender, surnameOf } from './names.ts';
import type { Random } from './random.ts';
import type { Type } from './timetable.ts';

const STUDENTS = 200;
const CHILDREN = 64;
const COUPLES = 6;

export type Student = {
  /** Days since registration. */
  age: number;
  belt: string | null;
  /** What he or she comes for. */
  favourites: Type[];
};
export type DemoPerson = {
  first: string;
  last: string;
  gender: Gender;
  role: 'client' | 'trainer' | 'admin';
  isChild: boolean;
  birth: string | null;
  since: string;
  notes: string | null;
  onTelegram: boolean;
  /** Null for staff and for parents who only pay. */
  student: Student | null;
};

/** People of one purse; the first one pays for all. */
export type Household = DemoPerson[];

const NOTES = [
  'Просит писать, а не звонить',
  'Берёт коврик студии',
  'После травмы колена: без прыжков',
  'Пришла по совету подруги',
];
const CHILD_NOTES = ['Забирает бабушка', 'Аллергия на латекс', 'Любит приходить пораньше', 'Первые занятия с родителем в зале'];
const LIKED: Record<Gender, Type[]> = {
  female: ['yoga', 'yoga', 'pilates', 'pilates', 'stretching', 'stretching', 'functional', 'functional', 'bjj', 'boxing'],
  male: ['bjj', 'bjj', 'bjj', 'boxing', 'boxing', 'functional', 'functional', 'functional', 'yoga', 'stretching'],
};
const BELTS = ['белый', 'белый', 'белый', 'синий', 'синий', 'фиолетовый'];
const CHILD_BELTS = ['белый', 'белый', 'белый', 'серый', 'серый', 'жёлтый', 'оранжевый'];

/** Families with children, couples with one purse, and people on their own: {@link STUDENTS} students in all. */
export function planHouseholds(random: Random, today: string): Household[] {
  const households: Household[] = [];
  const students = () => households.flat().filter((person) => person.student);
  while (students().filter((person) => person.isChild).length < CHILDREN) {
    const room = CHILDREN - students().filter((person) => person.isChild).length;
    households.push(planFamily(random, today, Math.min(random.pick([1, 1, 1, 2, 2, 3]), room)));
  }
  for (let couple = 0; couple < COUPLES; couple += 1) {
    const family = familyName(random);
    households.push(random.shuffled(['female', 'male'] as const).map((gender) => planAdult(random, today, family, gender)));
  }
  while (students().length < STUDENTS) {
    households.push([planAdult(random, today, familyName(random), random.chance(0.58) ? 'female' : 'male')]);
  }
  return random.shuffled(households);
}

function planFamily(random: Random, today: string, size: number): Household {
  const family = familyName(random);
  const names = new Set<string>();
  // Every other year, so that siblings are no closer than nature allows.
  const years = random
    .shuffled(
      random.pick([
        [6, 8, 10, 12],
        [7, 9, 11],
      ]),
    )
    .slice(0, size);
  const children = years.map((age) => planChild(random, today, family, age, names));
  const parent = planAdult(random, today, family, random.chance(0.7) ? 'female' : 'male');
  const eldest = children.map((child) => child.birth!).toSorted()[0]!;
  parent.birth = daysAfter(eldest, -random.int(22 * 365, 36 * 365));
  parent.since = [parent.since, ...children.map((child) => child.since)].toSorted()[0]!;
  const onlyPays = random.chance(0.65);
  return [onlyPays ? { ...parent, student: null, notes: null } : parent, ...children];
}

function planAdult(random: Random, today: string, family: string, gender: Gender): DemoPerson {
  const favourites = [random.pick(LIKED[gender]), random.pick(LIKED[gender])];
  const age = random.chance(0.12) ? random.int(3, 30) : random.int(90, 364);
  return {
    first: firstName(random, gender),
    last: surnameOf(family, gender),
    gender,
    role: 'client',
    isChild: false,
    birth: daysAfter(today, -random.int(18 * 366, 58 * 365)),
    since: daysAfter(today, -age),
    notes: random.chance(0.12) ? random.pick(gender === 'female' ? NOTES : NOTES.slice(0, -1)) : null,
    onTelegram: random.chance(0.7),
    student: { age, belt: favourites.includes('bjj') ? random.pick(BELTS) : null, favourites: [...new Set(favourites)] },
  };
}

/** A child of that age in years; `names` are those its siblings bear already. */
function planChild(random: Random, today: string, family: string, years: number, names: Set<string>): DemoPerson {
  const gender = random.chance(0.45) ? 'female' : 'male';
  const favourites: Type[] = random.pick([['kidsBjj'], ['kidsBjj'], ['gymnastics'], ['kidsBjj', 'gymnastics']]);
  const age = random.chance(0.12) ? random.int(3, 30) : random.int(90, 364);
  let first = firstName(random, gender);
  while (names.has(first)) first = firstName(random, gender);
  names.add(first);
  return {
    first,
    last: surnameOf(family, gender),
    gender,
    role: 'client',
    isChild: true,
    birth: daysAfter(today, -(years * 366 + random.int(0, 350))),
    since: daysAfter(today, -age),
    notes: random.chance(0.12) ? random.pick(CHILD_NOTES) : null,
    onTelegram: false,
    student: { age, belt: favourites.includes('kidsBjj') ? random.pick(CHILD_BELTS) : null, favourites },
  };
}
