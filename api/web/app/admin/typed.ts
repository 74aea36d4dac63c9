type Hours = readonly (readonly [string, string])[];

/** Work hours as people type them: `09:00-13:00, 14:00-21:00`; closed is empty. */
export const hoursText = (hours: unknown): string =>
  Array.isArray(hours) ? (hours as Hours).map(([from, to]) => `${from.slice(0, 5)}-${to.slice(0, 5)}`).join(', ') : '';

/** What was typed, as the routes take it; null where it is no hours. */
export function hoursFrom(text: string): Hours | null {
  const parts = text.split(',').map((part) => part.trim());
  if (parts.length === 1 && parts[0] === '') return [];
  const hours = parts.map((part) => /^(\d{1,2}(?::\d{2})?)\s*[-–—]\s*(\d{1,2}(?::\d{2})?)$/.exec(part));
  if (hours.some((found) => found === null)) return null;
  return hours.map((found) => [whole(found?.[1]), whole(found?.[2])]);
}
const whole = (clock = '') => {
  const [hours = '', minutes = '00'] = clock.split(':');
  return `${hours.padStart(2, '0')}:${minutes}`;
};

/** A price as people type it, in minor units; null where it is none. */
export function minorFrom(text: string, digits: number): number | null {
  const [, units, part = ''] = /^(\d{1,9})(?:[.,](\d{1,3}))?$/.exec(text.replace(/\s/g, '')) ?? [];
  if (units === undefined || part.length > digits) return null;
  return Number(units) * 10 ** digits + Number(part.padEnd(digits, '0') || 0);
}
