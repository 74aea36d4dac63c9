import { sql } from '../database/database.ts';

/** As names of `users` are compared, in whichever alphabet they are spelt. */
const key = sql.fragment`search_key(first_name || ' ' || last_name)`;

/** Whether somebody's name holds every one of the words, or their phone ends with the digits; null where neither is asked for. */
export function isMeant({ words, digits }: { words: readonly string[]; digits: string | null }) {
  const named = words.map((word) => sql.fragment`${key} like '%' || search_key(${word}) || '%'`);
  const matches = [
    ...(named.length > 0 ? [sql.fragment`(${sql.join(named, sql.fragment` and `)})`] : []),
    ...(digits ? [sql.fragment`reverse(phone) like reverse(${digits}) || '%'`] : []),
  ];
  return matches.length > 0 ? sql.fragment`(${sql.join(matches, sql.fragment` or `)})` : null;
}
