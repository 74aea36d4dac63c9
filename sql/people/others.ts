import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';
import { anyOf, wordsNaming } from './naming.ts';
import { idsOf, type KnownByWords } from './own-data.ts';

type Rows = Record<string, Record<string, unknown>[]>;

const named = z.object({
  id: z.int(),
  first_name: z.string(),
  last_name: z.string(),
  phone: z.string().nullable(),
  email: z.string().nullable(),
  telegram_username: z.string().nullable(),
});
const LETTER = '[\\p{Alphabetic}\\p{N}]';
/** The words of a text as the server would find them: whatever stands between letters and figures parts them. */
const partsOf = (text: string) => text.toLowerCase().match(new RegExp(`${LETTER}+`, 'gu')) ?? [];
const plain = (words: string) => words.toLowerCase().replaceAll(/\s+/g, ' ').trim();
/** A phone is written without its plus, too. */
const spelt = (who: Parameters<typeof wordsNaming>[0]) =>
  wordsNaming(who).flatMap((word) => (/^\+\d+$/.test(word) ? [word, word.slice(1)] : word));

/**
 * The same rows with the numbers of other people in place of whatever names them, wherever words say it, by what erasure looks for: own
 * data says nothing of others (R31). Somebody of the very same name stays: it is their own. Of who is called by one word a text is of them
 * where it is that word alone.
 */
export async function withoutOthers(db: Sql, who: KnownByWords, rows: Rows): Promise<Rows> {
  const said = new Set<string>();
  walk(rows, (text) => {
    for (const part of partsOf(text)) said.add(part);
    return text;
  });
  const others = await whoBeginsWith(db, who, [...said]);
  if (others.length === 0) return rows;
  const numbers = new Map<string, string | null>();
  const alone = new Map<string, string>();
  for (const other of others) {
    for (const words of spelt(other)) numbers.set(plain(words), `#${other.id}`);
    if (!other.last_name) alone.set(plain(other.first_name), `#${other.id}`);
  }
  for (const words of spelt(who)) numbers.set(plain(words), null);
  for (const { first_name, last_name } of [who, ...who.merged])
    for (const own of [first_name, last_name]) alone.delete(plain(own));
  const names = [...numbers.keys()].map((words) => ({ words, parts: partsOf(words) }));
  const beginning = Map.groupBy(names, ({ parts }) => parts[0]);
  return walk(rows, numbered) as Rows;

  function numbered(text: string): string {
    const whole = /^\s*\p{Lu}\p{Ll}/u.test(text) ? alone.get(plain(text)) : undefined;
    if (whole !== undefined) return whole;
    const parts = new Set(partsOf(text));
    const found = [...parts]
      .flatMap((part) => beginning.get(part) ?? [])
      .filter((name) => name.parts.every((part) => parts.has(part)));
    if (found.length === 0) return text;
    const pattern = `(?<!${LETTER})${anyOf(found.map(({ words }) => words))}(?!${LETTER})`;
    return text.replace(new RegExp(pattern, 'giu'), (words) => numbers.get(plain(words)) ?? words);
  }
}

/** Everybody else of whom the texts may say a name: its first word is among theirs. */
const whoBeginsWith = (db: Sql, who: KnownByWords, said: readonly string[]) =>
  db.any(sql.type(named)`
    with said as (select unnest(${sql.array([...said], 'text')}) as part)
    select id, first_name, last_name, phone, email, telegram_username from users
    where id <> all(${sql.array(idsOf(who), 'int4')}) and (
      (${begins('first_name')} and (last_name = '' or ${begins('last_name')}))
      or ${begins('phone')} or ${begins('email')} or ${begins('telegram_username')})`);
const begins = (column: string) =>
  sql.fragment`substring(lower(${sql.identifier([column])}) from '[[:alnum:]]+') in (select part from said)`;

/** The same value with each of its texts changed. Keys and numbers stay. */
function walk(value: unknown, change: (words: string) => string): unknown {
  if (typeof value === 'string') return change(value);
  if (Array.isArray(value)) return value.map((one) => walk(one, change));
  if (value !== null && typeof value === 'object')
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, walk(one, change)]));
  return value;
}
