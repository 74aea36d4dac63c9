import type { KnownByWords } from './own-data.ts';

type Named = Pick<KnownByWords, 'first_name' | 'last_name' | 'phone' | 'email' | 'telegram_username'> &
  Partial<Pick<KnownByWords, 'merged'>>;

/** The full name, both ways round, and all by which somebody is reached. A first name alone says nobody, unless it is of several words. */
export function wordsNaming({ telegram_username, merged = [], ...own }: Named): string[] {
  const words = [own, ...merged].flatMap(({ first_name, last_name, phone, email }) => [
    ...(last_name
      ? [`${first_name} ${last_name}`, `${last_name} ${first_name}`]
      : /\S\s+\S/.test(first_name)
        ? [first_name]
        : []),
    phone,
    email,
  ]);
  return [...words, telegram_username].flatMap((word) => ((word?.trim().length ?? 0) >= 4 ? (word as string).trim() : []));
}

/** One expression that finds each of these words, of several that begin alike the longest, with any blanks between its parts. */
export const anyOf = (words: readonly string[]) => {
  const longest = [...new Set(words)].sort((one, other) => other.length - one.length);
  const escaped = longest.map((word) => word.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&').replaceAll(/\s+/g, '\\s+'));
  return `(?:${escaped.join('|')})`;
};
