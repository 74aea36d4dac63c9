import type { Colleague } from '../../../kit/socket.ts';
import type { Day } from '../../../kit/zone.ts';

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
