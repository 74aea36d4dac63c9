import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';

/** Whether this is the demo studio. */
export const isDemoStudio = (db: Sql) => db.exists(sql.unsafe`select from demo_studio`);

/** Notes, in the transaction that loads it, that this is the demo studio. */
export const noteDemoStudio = (transaction: Sql) => transaction.query(sql.unsafe`insert into demo_studio default values`);

const somebody = z.object({ role: z.enum(['owner', 'admin', 'trainer', 'guardian']), user_id: z.int() });
export type Somebody = z.output<typeof somebody>;

/** One person of each role that the demo studio has: the trainer with the most trainings, the guardian with the most children. */
export const oneOfEachRole = (db: Sql) =>
  db.any(sql.type(somebody)`
    select distinct on (role) role, user_id
    from (
      select role, user_id, (select count(*) from training_templates where trainer_id = user_id) as weight
      from user_roles where role in ('owner', 'admin', 'trainer')
      union all
      select 'guardian', guardian_id, count(*) from guardians group by guardian_id
    ) person join users on users.id = user_id
    where is_active
    order by role, weight desc, user_id`);

/** Puts links in place of all that were there. */
export async function replaceDemoLinks(transaction: Sql, links: readonly { hash: Buffer; userId: number }[], expires: Date) {
  await transaction.query(sql.unsafe`delete from demo_links`);
  for (const { hash, userId } of links)
    await transaction.query(sql.unsafe`
      insert into demo_links (token_hash, user_id, expires_at)
      values (${sql.binary(hash)}, ${userId}, ${expires.toISOString()}::timestamptz)`);
}

/** Uses a link up, in the demo studio: whose it is, or null. Of two at once one gets it. */
export async function useDemoLink(db: Sql, hash: Buffer, now: Date): Promise<number | null> {
  const used = await db.maybeOne(sql.type(z.object({ user_id: z.int() }))`
    delete from demo_links where token_hash = ${sql.binary(hash)} and expires_at > ${now.toISOString()}::timestamptz
      and exists (select from demo_studio) returning user_id`);
  return used?.user_id ?? null;
}
