/** The shortest secret that is taken. */
export const LEAST = 24;
const FEWEST_DIFFERENT = 8;

/** What people write where a secret should stand. Without these, what is left must still be a secret. */
const KNOWN =
  /pass(?:word|phrase)?|secret|change[-_ ]?(?:me|it|this)|example|default|qwerty|asdf|letmein|admin|studio|fleet|token|api[-_ ]?key|your|here|test|0123456789|1234567890|abcdefghijklmnopqrstuvwxyz/gi;

/**
 * Why a secret is weak, or null when it is not: it is short, repeats a few characters, counts up or down, or is made of words that
 * everybody tries, its own name among them. The secret itself is not in the answer.
 */
export function whyWeak(secret: string, name = ''): string | null {
  if (secret.length < LEAST) return `shorter than ${LEAST} characters`;
  if (new Set(secret).size < FEWEST_DIFFERENT) return `made of fewer than ${FEWEST_DIFFERENT} different characters`;
  if (repeats(secret)) return 'one piece repeated';
  if (counts(secret)) return 'a run of neighbouring characters';
  const own = name.length >= 4 ? secret.replaceAll(new RegExp(name.replaceAll(/\W/g, '\\$&'), 'gi'), '') : secret;
  const rest = own.replaceAll(KNOWN, '').replaceAll(/[-_ .]/g, '');
  if (rest.length < secret.length && (rest.length < 16 || new Set(rest).size < FEWEST_DIFFERENT))
    return 'made of words that everybody tries';
  return null;
}

/** A piece of up to 15 characters, again and again, the last time perhaps cut off. */
function repeats(secret: string): boolean {
  for (let size = 1; size < 16 && size <= secret.length / 2; size += 1) {
    if (secret.slice(size) === secret.slice(0, secret.length - size)) return true;
  }
  return false;
}

/** More than half of its steps go to the next or the previous character. */
function counts(secret: string): boolean {
  let steps = 0;
  for (let at = 1; at < secret.length; at += 1)
    steps += Math.abs(secret.charCodeAt(at) - secret.charCodeAt(at - 1)) === 1 ? 1 : 0;
  return steps > secret.length / 2;
}
