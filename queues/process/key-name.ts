/** What the fleet itself signs as, in rows and logs: a key of that name could not be told from it. `telegram:...` and `person:...` hold a colon. */
const OWN = ['system', 'fleet', 'telegram', 'person', 'demo'];

export const KEY_NAME = '1 to 60 letters, digits, - and _';

/** Why a key cannot be named so, or null when it can. */
export function whyNoKeyName(name: string): string | null {
  if (OWN.includes(name.toLowerCase().split(':', 1)[0] ?? '')) return `"${name}" is a name of the fleet itself`;
  return /^[\w-]{1,60}$/.test(name) ? null : KEY_NAME;
}
