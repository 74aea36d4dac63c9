import { parsePhoneNumberFromString } from 'libphonenumber-js/min';
import type { Login } from '../../sql/auth/passwords.ts';

export const LOGIN = 'a phone, an e-mail or a login of 3 to 50 of a-z, 0-9, . _ - that begins with a letter';

/** What a typed login means, or null: nothing that somebody could have. A phone without a country is one of `country`'s. */
export function loginFrom(text: string, country: 'RU' | 'UA'): Login | null {
  const typed = text.trim();
  if (typed.includes('@'))
    return /^[^\s@]+@[^\s@]+$/.test(typed) && typed.length <= 254 ? { kind: 'email', value: typed.toLowerCase() } : null;
  if (/^[a-z][a-z0-9._-]{2,49}$/i.test(typed)) return { kind: 'login', value: typed.toLowerCase() };
  const phone = phoneFrom(typed, country);
  return phone === null ? null : { kind: 'phone', value: phone };
}

/**
 * A typed phone in E.164, or null. Of Russia's, 10 digits and 11 that begin with 8 or 7 are +7 (R27); of Ukraine's, 10 that begin with 0
 * are +380. With a plus it is what it says.
 * @param country whose phones are written without its code; by default as the digits look
 */
export function phoneFrom(text: string, country: 'RU' | 'UA' = /^\s*\(?0/.test(text) ? 'UA' : 'RU'): string | null {
  const digits = text.replaceAll(/\D/g, '');
  if (/^\s*\+[\d\s().-]+$/.test(text)) return /^[1-9]\d{6,14}$/.test(digits) ? `+${digits}` : null;
  const isRussian = country === 'RU' && /^[78]?\d{10}$/.test(digits);
  // Whoever is asked about each of these digits says the same: ten after the 7 are possible, whatever they are.
  if (isRussian) return `+7${digits.slice(-10)}`;
  const parsed = parsePhoneNumberFromString(text, country);
  return parsed?.isPossible() && /^\+[1-9]\d{6,14}$/.test(parsed.number) ? parsed.number : null;
}

/** The country whose phones are written without its code, by the studio's zone. */
export const countryOf = (zone: string): 'RU' | 'UA' => (/^Europe\/(Kiev|Kyiv|Uzhgorod|Zaporozhye)$/.test(zone) ? 'UA' : 'RU');
