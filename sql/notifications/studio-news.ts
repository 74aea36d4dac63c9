import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';
import type { Message, ParamsOf } from './catalog.ts';
import type { Priority } from './messages/message.ts';
import { notifyAdmins, notifyPeople } from './notify.ts';

type Clients = ParamsOf<'studio_subscriptions'>;
type Unreached = ParamsOf<'studio_unreached'>['people'][number];

/** Something about a client that the studio is to be told, and the key under which it is told once. */
export type StudioNews = { userId: number; dedupe: string; isUrgent?: boolean } & (
  | { kind: 'last_session'; params: Clients['last_sessions'][number] }
  | { kind: 'subscription_ended'; params: Clients['ended'][number] }
  | { kind: 'unreached'; params: Unreached }
);

/** Notes news for the studio, in the transaction of their cause; they leave together with the next reminders. */
export async function noteForStudio(transaction: Sql, news: readonly StudioNews[]) {
  if (news.length === 0) return;
  const rows = news.map(({ kind, userId, params, dedupe, isUrgent = false }) => [
    kind,
    userId,
    JSON.stringify(params),
    dedupe,
    isUrgent,
  ]);
  await transaction.query(sql.unsafe`
    insert into studio_news (kind, user_id, params, dedupe_key, is_urgent)
    select * from ${sql.unnest(rows, ['text', 'int4', 'jsonb', 'text', 'bool'])}
    on conflict (dedupe_key) do nothing`);
}

const taken = z.object({
  id: z.int(),
  kind: z.enum(['last_session', 'subscription_ended', 'unreached']),
  user_id: z.int(),
  params: z.record(z.string(), z.unknown()),
  is_urgent: z.boolean(),
});
/** News taken at once; what is told longer ago than this is deleted, in days. */
const MOST = 500;
const KEPT_DAYS = 90;

/** Takes what the studio has not been told, oldest first, in the transaction that tells it. */
export const takeNews = (transaction: Sql) =>
  transaction.any(sql.type(taken)`
    with old as (
      delete from studio_news where told_at < now() - make_interval(days => ${KEPT_DAYS})
    ), news as (
      update studio_news set told_at = now()
      where id in (select id from studio_news where told_at is null order by id limit ${MOST} for update skip locked)
      returning id, kind, user_id, params, is_urgent
    )
    select id, kind, user_id, params, is_urgent from news order by id`);

type StudioNotice = Message<'studio_subscriptions' | 'studio_unreached'> & { dedupe: string; priority?: Priority };

/** Notifies the studio: its admins' chats, or, where it has none, each owner and admin. */
export async function notifyStudio(transaction: Sql, chatIds: readonly number[], notices: readonly StudioNotice[]) {
  if (notices.length === 0) return;
  const staff =
    chatIds.length > 0
      ? []
      : await transaction.anyFirst(sql.type(z.object({ id: z.int() }))`
          select users.id from users
          where is_active and exists (select from user_roles where user_id = users.id and is_admin_role(role)) order by users.id`);
  if (staff.length === 0) await notifyAdmins(transaction, chatIds, notices);
  else {
    const each = notices.flatMap((notice) =>
      staff.map((userId) => ({ ...notice, userId, dedupe: `${notice.dedupe}:${userId}` })),
    );
    await notifyPeople(transaction, each);
  }
}
