import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';
import { locale } from '../database/locale.ts';

/** Gives a person a new calendar link, by the hash of its token; the one before is void. */
export const renewCalendarLink = (db: Sql, userId: number, hash: Buffer) =>
  db.query(sql.unsafe`
    insert into calendar_links (user_id, token_hash) values (${userId}, ${sql.binary(hash)})
    on conflict (user_id) do update set token_hash = excluded.token_hash, created_at = now()`);

const reader = z.object({
  user_id: z.int(),
  first_name: z.string(),
  locale: locale.nullable(),
  /** Students whose days are shown: oneself, and whom one looks after (R32). */
  students: z.array(z.int()),
});
export type FeedReader = z.output<typeof reader>;

/** Whose link a token's hash is, on a day of the studio; null: unknown, void, or of one who left. The link of a record that was merged is the kept one's. */
export const findFeedReader = (db: Sql, hash: Buffer, today: string): Promise<FeedReader | null> =>
  db.maybeOne(sql.type(reader)`
    select users.id as user_id, users.first_name, users.locale,
      array(select users.id union select student_id from guardians join users child on child.id = student_id
        where guardian_id = users.id and is_guarded(child.birth_date, allowed_after_18, ${today}::date)) as students
    from calendar_links join users given on given.id = calendar_links.user_id
    join users on users.id = coalesce(given.merged_into, given.id) where token_hash = ${sql.binary(hash)} and users.is_active`);
