/** Text that the book can keep: PostgreSQL takes no NUL, and half a surrogate pair is no character. */
export const isPlainText = (given: string) => given.isWellFormed() && !given.includes('\0');
export const PLAIN_TEXT = 'text without NUL or half characters';

/** The same for every name and every text within a JSON value; it is not deeper than a body may be. */
export function isPlainJson(value: unknown): boolean {
  if (typeof value === 'string') return isPlainText(value);
  if (typeof value !== 'object' || value === null) return true;
  return Object.entries(value).every(([name, within]) => isPlainText(name) && isPlainJson(within));
}
