import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';
import { idsOf, type KnownByWords } from './own-data.ts';

type Rows = Record<string, Record<string, unknown>[]>;

/** So many words a name may have. */
const MOST_WORDS = 4;
const WORD = /[\p{L}\p{M}\p{N}#]+(?:['’ʼ.-][\p{L}\p{M}\p{N}]+)*/gu;
const PHONE = /\+?\d{10,15}/g;
const EMAIL = /[^\s@<>"',;:()]+@[^\s@<>"',;:()]+\.[^\s@<>"',;:()]+/g;

const named = z.object({ id: z.int(), words: z.string() });

/**
 * The same rows with the numbers of other people in place of their full names, phones and e-mails, wherever words say them, as erasure
 * has it: own data says nothing of others (R31). Somebody of the very same name stays: it is their own.
 */
export async function withoutOthers(db: Sql, who: KnownByWords, rows: Rows): Promise<Rows> {
  const said = new Set<string>();
  walk(rows, (words) => {
    for (const one of whatMayName(words)) said.add(one);
    return words;
  });
  for (const own of ownWords(who)) said.delete(own);
  if (said.size === 0) return rows;
  const others = await db.any(sql.type(named)`
    select id, lower(words) as words
    from users cross join lateral (values
      (concat_ws(' ', nullif(first_name, ''), nullif(last_name, ''))), (concat_ws(' ', nullif(last_name, ''), nullif(first_name, ''))), (phone),
      (ltrim(phone, '+')), (email)) as known (words)
    where id <> all(${sql.array(idsOf(who), 'int4')}) and lower(words) = any(${sql.array([...said], 'text')})`);
  if (others.length === 0) return rows;
  const numbers = new Map(others.map(({ id, words }) => [words, `#${id}`]));
  return walk(rows, (words) => withNumbers(words, numbers)) as Rows;
}

const plain = (words: string) => words.toLowerCase().replaceAll(/\s+/g, ' ').trim();

/** What names the person: also one who is called by one word, or was called otherwise before two records were merged. */
const ownWords = (who: KnownByWords) =>
  [who, ...who.merged].flatMap(({ first_name, last_name, phone, email }) =>
    [
      `${first_name} ${last_name}`,
      `${last_name} ${first_name}`,
      first_name,
      last_name,
      phone ?? '',
      phone?.slice(1) ?? '',
      email ?? '',
    ].map(plain),
  );

/** A text as a whole where it may be a name, and whatever in it is of some words, looks like a phone, or like an e-mail. */
function* whatMayName(words: string): Generator<string> {
  if (isLikeName(words)) yield plain(words);
  for (const found of [...(words.match(PHONE) ?? []), ...(words.match(EMAIL) ?? [])]) yield plain(found);
  const all = wordsIn(words);
  for (let first = 0; first < all.length; first += 1)
    for (let many = 2; many <= MOST_WORDS; many += 1) {
      const name = nameOf(words, all, first, many);
      if (name === null) break;
      yield plain(name);
    }
}

/** A text with numbers in place of what names somebody: of several names that begin alike the longest. */
function withNumbers(words: string, numbers: ReadonlyMap<string, string>): string {
  const whole = isLikeName(words) ? numbers.get(plain(words)) : undefined;
  if (whole !== undefined) return whole;
  const numbered = (found: string) => numbers.get(plain(found)) ?? found;
  const text = words.replace(EMAIL, numbered).replace(PHONE, numbered);
  const all = wordsIn(text);
  let [written, upTo] = ['', 0];
  for (let first = 0; first < all.length; first += 1)
    for (let many = MOST_WORDS; many >= 2; many -= 1) {
      const name = nameOf(text, all, first, many);
      const number = name === null ? undefined : numbers.get(plain(name));
      if (name === null || number === undefined) continue;
      written += text.slice(upTo, all[first]?.index) + number;
      upTo = (all[first]?.index ?? 0) + name.length;
      first += many - 1;
      break;
    }
  return written + text.slice(upTo);
}

const isLikeName = (words: string) => words.length <= 201 && /^\p{Lu}\p{Ll}/u.test(words);
const wordsIn = (text: string) => [...text.matchAll(WORD)].map(({ 0: word, index }) => ({ index, end: index + word.length }));

/** So many words from one on, as they are written; null where something stands between them, or there are fewer. */
function nameOf(text: string, all: readonly { index: number; end: number }[], first: number, many: number): string | null {
  const [from, last] = [all[first], all[first + many - 1]];
  if (!from || !last) return null;
  for (let n = first + 1; n < first + many; n += 1) if (text.slice(all[n - 1]?.end, all[n]?.index).trim() !== '') return null;
  return text.slice(from.index, last.end);
}

/** The same value with each of its texts changed. Keys and numbers stay. */
function walk(value: unknown, change: (words: string) => string): unknown {
  if (typeof value === 'string') return change(value);
  if (Array.isArray(value)) return value.map((one) => walk(one, change));
  if (value !== null && typeof value === 'object')
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, walk(one, change)]));
  return value;
}
