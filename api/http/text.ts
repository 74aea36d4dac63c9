import { z } from 'zod';
import { phoneFrom } from '../../workers/sign-in/login.ts';

// The one home of free text that comes from outside: every field of a body that people write into is one of these.

/** Control characters (ESC, NUL ...), what turns the direction of the text around it, and separators that are no line break. */
const FORBIDDEN = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069\ufff9-\ufffb]/u;
const BREAKS = /\r\n|[\n\r\t]/g;
/** Something a reader sees: letters, digits, marks of punctuation, symbols; no fillers and no blanks that pass for one. */
const VISIBLE = /(?!\p{Default_Ignorable_Code_Point}|\u2800)[\p{L}\p{N}\p{P}\p{S}]/u;

export const NO_CONTROL = 'text without control characters, direction overrides and half characters';
export const SOMETHING_VISIBLE = 'text with something to see in it, not only invisible characters';

/**
 * Why a text cannot be kept, or null when it can: PostgreSQL takes no NUL, half a surrogate pair is no character, and whoever reads it,
 * on a terminal or in a message, must see what it says. Joiners within a text stay: emoji and some scripts need them.
 * @param hasLines whether it may have line breaks and tabs
 */
export function whyNoText(given: string, hasLines = false): string | null {
  if (!given.isWellFormed() || FORBIDDEN.test(hasLines ? given.replaceAll(BREAKS, '') : given)) return NO_CONTROL;
  return given === '' || VISIBLE.test(given) ? null : SOMETHING_VISIBLE;
}

/** Fields of so many characters or more are paragraphs; shorter ones are names, which have one line. */
const PARAGRAPH = 500;

/** Text of `least` to `most` characters without the blanks around it. */
export const textField = (most: number, least = 1, error = `text of ${least} to ${most} characters`) =>
  z
    .string({ error })
    .trim()
    .min(least, { error })
    .max(most, { error })
    .refine((given) => whyNoText(given, most >= PARAGRAPH) === null, {
      error: ({ input }) => whyNoText(String(input), most >= PARAGRAPH) ?? error,
    })
    .meta({ examples: ['A few words'] });

/** A secret of somewhere else, kept as it was typed: blanks around it may belong to it. */
export const secretField = (most: number, error = `text of 1 to ${most} characters`) =>
  z
    .string({ error })
    .min(1, { error })
    .max(most, { error })
    .refine((given) => whyNoText(given, false) === null, { error: ({ input }) => whyNoText(String(input), false) ?? error });

/** Why something is done, or what it was. */
export const wording = textField(500, 1, '1 to 500 characters');

const PHONE = 'a phone number such as +79001234567';
/** However it is typed, it is kept in E.164, so that one phone is one person's (R27). */
export const phone = z
  .string({ error: PHONE })
  .max(40, { error: PHONE, abort: true })
  .refine((typed) => phoneFrom(typed) !== null, { error: PHONE })
  // No `transform`: what is made of one has no example in the document.
  .overwrite((typed) => phoneFrom(typed) ?? typed)
  .meta({ examples: ['+79001234567'] });

export const email = z
  .email({ error: 'an e-mail address' })
  .max(254, { error: 'an e-mail address of at most 254 characters' })
  .meta({ examples: ['anna@example.com'] });

const URL_FORM = 'an address of at most 300 characters that begins with http:// or https://';

/** An address that a reader may press: nothing but http(s), to a host, without a password in it. */
export const webAddress = z
  .string({ error: URL_FORM })
  .trim()
  .max(300, { error: URL_FORM })
  .refine(isWebAddress, { error: URL_FORM })
  .meta({ examples: ['https://example.com'] });

function isWebAddress(given: string): boolean {
  if (!/^https?:\/\/[^\s/\\]/i.test(given) || /\s/u.test(given) || whyNoText(given) !== null) return false;
  const url = URL.parse(given);
  return url !== null && url.username === '' && url.password === '';
}

export const PLAIN_JSON = 'text without NUL or half characters';

/** Whether the database can keep every name and every text within a JSON value that is no free text; it is not deeper than a body may be. */
export function isPlainJson(value: unknown): boolean {
  if (typeof value === 'string') return value.isWellFormed() && !value.includes('\0');
  if (typeof value !== 'object' || value === null) return true;
  return Object.entries(value).every(([name, withTimeout]) => isPlainJson(name) && isPlainJson(withTimeout));
}
