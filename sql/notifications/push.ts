import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';

/** Where a browser of somebody gets messages, and what they are encrypted for: as the browser gave it, base64url. */
const subscription = z.object({ id: z.int(), endpoint: z.string(), p256dh: z.string(), auth: z.string() });
export type PushSubscription = z.output<typeof subscription>;

/** A person has so many at most; one more ends the oldest. */
const MOST_SUBSCRIPTIONS = 20;

/**
 * Keeps a browser's subscription. The same again is the same row; another person who signs in at that browser takes it over with its
 * keys, and without them it stays where it is. Returns its id, or null for an endpoint that is another's.
 */
export const keepPushSubscription = (
  transaction: Sql,
  userId: number,
  { endpoint, p256dh, auth }: Omit<PushSubscription, 'id'>,
): Promise<number | null> =>
  transaction.maybeOneFirst(sql.type(z.object({ id: z.int() }))`
    with surplus as (
      delete from push_subscriptions where id in (
        select id from push_subscriptions where user_id = ${userId} and endpoint <> ${endpoint}
        order by id desc offset ${MOST_SUBSCRIPTIONS - 1})
    )
    insert into push_subscriptions (user_id, endpoint, p256dh, auth) values (${userId}, ${endpoint}, ${p256dh}, ${auth})
    on conflict (endpoint) do update set user_id = excluded.user_id, p256dh = excluded.p256dh, auth = excluded.auth
    where push_subscriptions.user_id = excluded.user_id
      or (push_subscriptions.p256dh, push_subscriptions.auth) = (excluded.p256dh, excluded.auth)
    returning id`);

export const pushSubscriptionsOf = (db: Sql, userId: number) =>
  db.any(sql.type(subscription)`
    select id, endpoint, p256dh, auth from push_subscriptions where user_id = ${userId} order by id`);

/** Ends a person's subscription. False when there is none at that endpoint. */
export async function endPushSubscription(db: Sql, userId: number, endpoint: string): Promise<boolean> {
  const { rowCount } = await db.query(
    sql.unsafe`delete from push_subscriptions where user_id = ${userId} and endpoint = ${endpoint}`,
  );
  return rowCount > 0;
}

/** Forgets subscriptions that a push service says are no more. */
export const forgetPushSubscriptions = (db: Sql, ids: readonly number[]) =>
  db.query(sql.unsafe`delete from push_subscriptions where id = any(${sql.array([...ids], 'int4')})`);
