import type { Colleague } from '../../../kit/socket.ts';
import type { Day } from '../../../kit/zone.ts';
import type { Place } from './entries.ts';

const MOST_LETTERS = 2;
/** `AS` of Anna Smith. */
export const initialsOf = (name: string) =>
  name
    .split(/\s+/)
    .filter((word) => /^\p{L}/u.test(word))
    .slice(0, MOST_LETTERS)
    .map((word) => [...word][0]?.toUpperCase())
    .join('') || '?';

/** Who else is at one of some days, each once however many windows they have open; oneself is not among them. */
export function othersAt(colleagues: readonly Colleague[], days: readonly Day[], self: string) {
  const here = new Map(
    colleagues.filter(({ who, day }) => who !== self && days.includes(day)).map(({ who, name }) => [who, name] as const),
  );
  return [...here].map(([who, name]) => ({ who, name, initials: initialsOf(name) })).sort((a, b) => a.name.localeCompare(b.name));
}

/** What somebody carries over the board just now, and where to. */
export type Carrying = { key: string; place: Place };
const NUMBERS = ['from', 'minutes', 'trainerId'] as const;

/** What others say they carry may be anything: it is taken as it is only where it is a place of one of these days. */
function isCarrying(doing: unknown, days: readonly Day[]): doing is Carrying {
  const { key, place } = (doing ?? {}) as Partial<Carrying>;
  return (
    typeof key === 'string' &&
    typeof place === 'object' &&
    days.includes(place?.day) &&
    NUMBERS.every((name) => Number.isFinite(place[name])) &&
    (place.roomId === null || Number.isFinite(place.roomId))
  );
}

/** What others carry on some days, and who does; what one carries oneself in another window is not among it. */
export const carriedBy = (colleagues: readonly Colleague[], days: readonly Day[], self: string) =>
  colleagues.flatMap(({ socket, who, name, doing }) =>
    who !== self && isCarrying(doing, days) ? [{ socket, name, key: doing.key, place: doing.place }] : [],
  );
export type CarriedBy = ReturnType<typeof carriedBy>[number];
