import type { Belt } from '../../sql/belts/belts.ts';

/** What somebody has, or is to get. */
export type Rank = { belt: Belt; stripes: number };
/** Why a step may not be taken: `reason` once it is said why the steps between are skipped; `never` otherwise. */
type Objection = { unless: 'never' | 'reason'; why: string };

const YEAR_OF_ADULTS = 16;

/** The age of a program: the year minus the year of birth, whatever the day (R2); null where nobody knows the birth. */
export const ageIn = (day: string, birth: string | null) =>
  birth === null ? null : Number(day.slice(0, 4)) - Number(birth.slice(0, 4));

/**
 * What is wrong with a step on a day (R3, R5), or null. A step is one stripe more, or the next belt without any; more needs a reason.
 * Nobody goes back, and from 1 January of the year of turning 16 a kids' belt becomes an adult one of those it may become. Whoever has
 * nothing yet begins with the first belt of a path. Where nobody knows the birth, ages are not judged.
 */
export function objectionTo(to: Rank, current: Rank | null, on: string, birth: string | null): Objection | null {
  const age = ageIn(on, birth);
  const never = (why: string): Objection => ({ unless: 'never', why });
  const { belt } = to;
  if (to.stripes > belt.max_stripes) return never(`the belt ${belt.name} has at most ${belt.max_stripes} stripes`);
  if (age !== null && belt.path === 'kids' && age >= YEAR_OF_ADULTS)
    return never(`kids' belts are awarded until the year before that of turning ${YEAR_OF_ADULTS}`);
  if (age !== null && belt.min_age !== null && age < belt.min_age)
    return never(`the belt ${belt.name} is for ages from ${belt.min_age}`);
  if (age !== null && belt.max_age !== null && age > belt.max_age)
    return never(`the belt ${belt.name} is for ages to ${belt.max_age}`);
  if (current === null) return isFirst(to) ? null : skipped(`it is not the first belt of the program`);
  return objectionToNext(to, current);
}

const isFirst = ({ belt, stripes }: Rank) => belt.position === 1 && stripes === 0;
const skipped = (why: string): Objection => ({ unless: 'reason', why: `${why}: say why, in skip_reason` });

function objectionToNext(to: Rank, { belt, stripes }: Rank): Objection | null {
  if (to.belt.path !== belt.path) {
    if (belt.path === 'adult') return { unless: 'never', why: 'nobody goes back to a kids’ belt: void what was wrong' };
    if (to.stripes === 0 && to.belt.position <= (belt.becomes ?? 1)) return null;
    return skipped(`the belt ${belt.name} becomes no ${to.belt.name}${to.stripes > 0 ? ' with stripes' : ''}`);
  }
  const isBack = to.belt.position < belt.position || (to.belt.position === belt.position && to.stripes <= stripes);
  if (isBack) return { unless: 'never', why: 'nobody goes back, or gets the same again: void what was wrong' };
  const isNextStripe = to.belt.position === belt.position && to.stripes === stripes + 1;
  const isNextBelt = to.belt.position === belt.position + 1 && to.stripes === 0;
  return isNextStripe || isNextBelt ? null : skipped('it is more than one step');
}

/** What may become of an exam (R6): a result may be corrected, what was cancelled stays so. */
export const mayBecome = (from: string, to: string) =>
  from === to || from === 'planned' || ((from === 'passed' || from === 'failed') && (to === 'passed' || to === 'failed'));
