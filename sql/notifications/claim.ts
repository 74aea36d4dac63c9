import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';
import { locale } from '../database/locale.ts';

export const outboxRow = z.object({
  id: z.int(),
  user_id: z.int().nullable(),
  chat_id: z.int().nullable(),
  template: z.string(),
  params: z.record(z.string(), z.unknown()),
  locale: locale.nullable(),
  attempts: z.int(),
  priority: z.int(),
  occasion_at: z.iso.datetime().nullable(),
  parts_sent: z.int(),
  /** What it was written for, as W3C's `traceparent`. */
  trace: z.string().nullable(),
});
export type OutboxMessage = z.output<typeof outboxRow>;
const columns = sql.fragment`note.id, note.user_id, note.chat_id, template, params, note.locale, attempts, priority, occasion_at, parts_sent, trace`;

const claimedRow = outboxRow.extend({
  chat_id: z.int(),
  /** Where the reader is now; another than `chat_id` when they moved in this very moment, null when they have no Telegram any more. */
  address: z.int().nullable(),
  permit: z.int(),
  holder: z.string(),
  /** The person's own quiet hours, `HH:MM:SS`; null: the studio's. */
  quiet_from: z.string().nullable(),
  quiet_until: z.string().nullable(),
  /** Kinds of messages that the studio, or the person, has switched off. */
  studio_off: z.array(z.string()),
  person_off: z.array(z.string()),
  /** Telegram wanted to be paid when it was last asked (D40): this message is the check. */
  is_check: z.boolean(),
});
/** A message that is this caller's to send now, once, within the fleet's limits. */
export type ClaimedMessage = z.output<typeof claimedRow>;

/** How far a claim looks along the line of each priority. */
const LOOK = 100;
/** With fewer chats than this to choose from, a long front is cleared of those that rest. */
const CHOICE = 30;

/** How long a second lasts to the limiter, and how long a claim. Both in milliseconds. */
export type Pace = { secondMs: number; leaseMs: number };
/** So many milliseconds as an interval. */
export const span = (ms: number) => sql.fragment`make_interval(secs => ${ms / 1_000}::float8)`;

/**
 * Claims messages that may be sent this instant: urgent before normal before digests, each with one of the fleet's permits,
 * one a chat, and of each chat the oldest of the highest priority. They are this caller's until the lease ends; a message that
 * was not marked by then is claimed anew.
 *
 * When hardly any chat in a long front may be sent to, the rows of the others are put further back, a second apart, so that
 * one chat with ten thousand messages does not stand in the way of everybody. Every row that decides (permit, message, chat) is locked and judged as it is by then, so
 * claims of several processes at once share nothing. Measured with 100,000 waiting rows: 5 ms.
 */
export const claimMessages = (db: Sql, limit: number, pace: Pace) => db.any(sql.type(claimedRow)`${claim(limit, pace)}`);

/** The statement of {@link claimMessages}, apart, so that its plan can be looked at. */
export const claim = (limit: number, { secondMs, leaseMs }: Pace) => sql.fragment`
    with permit as materialized (
      select no, row_number() over () as n from (
        select no from telegram_permits
        where free_at <= now() and not exists (select from telegram_gate where closed_until > now())
        order by free_at, no limit ${limit} for update skip locked
      ) free
    ), front as materialized (
      select line.* from (values (2), (1), (0)) as level (priority)
      cross join lateral (
        select id, chat_id, priority, send_after from notifications
        where status = 'pending' and chat_id is not null and priority = level.priority and send_after <= now()
        order by send_after, id limit ${LOOK}
      ) line
      where exists (select from permit)
    ), judged as materialized (
      select front.*, coalesce(chat.free_at <= now() and coalesce(held_until <= now(), true), true) as is_free,
        greatest(chat.free_at, now()) as free_at,
        row_number() over (partition by front.chat_id order by front.priority desc, send_after, id) as place
      from front left join telegram_chats chat using (chat_id)
    ), served as materialized (
      select chat_id, priority, send_after, id from judged where is_free and place = 1
      order by priority desc, send_after, id limit (select count(*) from permit)
    ), head as materialized (
      select first.id, served.chat_id from served
      cross join lateral (
        select id from notifications
        where status = 'pending' and chat_id = served.chat_id and (send_after <= now() or in_line)
        order by priority desc, id limit 1
      ) first
    ), taken as materialized (
      select id, chat_id from notifications
      where id = any(array(select id from head)) and status = 'pending' and (send_after <= now() or in_line)
      for update skip locked
    ), reserved as (
      insert into telegram_chats (chat_id, holder, held_until, recent)
      select chat_id, gen_random_uuid(), now() + ${span(leaseMs)}, array[now() + ${span(leaseMs)}] from taken order by chat_id
      on conflict (chat_id) do update
        set holder = excluded.holder, held_until = excluded.held_until, recent = (excluded.recent || telegram_chats.recent)[1:20]
        where telegram_chats.free_at <= now() and coalesce(telegram_chats.held_until <= now(), true)
      returning chat_id, holder
    ), ours as materialized (
      select taken.id, holder, permit.no from (select *, row_number() over () as n from reserved) reserved
      join taken using (chat_id)
      join permit using (n)
    ), held as (
      update telegram_permits set free_at = now() + ${span(leaseMs)}, holder = ours.holder
      from ours where telegram_permits.no = ours.no
    ), behind as materialized (
      select id, free_at, place - is_free::int as steps from judged
      where (not is_free or place > 1)
        and (select count(*) from judged) >= ${LOOK} and (select count(*) from judged where is_free and place = 1) < ${CHOICE}
    ), put_back as (
      update notifications note set in_line = true, send_after = later.free_at + ${span(secondMs)} * later.steps
      from (
        select waiting.id, behind.free_at, behind.steps from notifications waiting join behind using (id)
        where waiting.id = any(array(select id from behind)) and waiting.id <> all(array(select id from taken))
          and waiting.status = 'pending' and waiting.send_after <= now()
        for update of waiting skip locked
      ) later
      where note.id = later.id
    ), claimed as (
      update notifications note set attempts = attempts + 1, in_line = false, send_after = now() + ${span(leaseMs)}
      from ours where note.id = ours.id
      returning ${columns}, ours.holder, ours.no as permit
    )
    select note.id, note.user_id, note.chat_id, template, params, attempts, priority, occasion_at, parts_sent, trace,
      case when note.user_id is null then note.locale else users.locale end as locale,
      case when note.user_id is null then coalesce(moved.new_id, note.chat_id) else users.telegram_id end as address,
      holder, permit, quiet_from::text, quiet_until::text,
      exists (select from outside_services where name = 'telegram' and status <> 'active') as is_check,
      array(select kind from notification_switches where not is_on) as studio_off,
      array(select kind from notification_preferences off where off.user_id = note.user_id and not is_on) as person_off
    from claimed note
    left join users on users.id = note.user_id
    left join telegram_moved_chats moved on moved.old_id = note.chat_id and note.user_id is null`;

/**
 * Claims messages that go to the log instead: those to no chat and no person; without a token, those to chats as well; and where
 * no channel at all is set up, those to people, too.
 */
export const claimForLog = (db: Sql, limit: number, seconds: number, to: { chats: boolean; people: boolean }) =>
  db.any(sql.type(outboxRow)`
    update notifications note set attempts = attempts + 1, send_after = now() + make_interval(secs => ${seconds})
    where id in (
      select id from notifications where status = 'pending' and send_after <= now()
        and case when user_id is null then chat_id is null or ${to.chats}::boolean else ${to.people}::boolean end
      order by send_after, id limit ${limit} for update skip locked
    )
    returning ${columns}`);

/**
 * Milliseconds until there may be something to claim: a permit for what is due, a chat that has rested, or a message whose
 * time comes. Null when nothing waits. A message on its way to a chat may be over any moment: that is looked at again soon.
 */
export const untilNextClaim = (db: Sql) =>
  db.oneFirst(sql.type(z.object({ ms: z.number().nullable() }))`
    with clock as materialized (select clock_timestamp() as now)
    select extract(epoch from least(
      case when exists (select from notifications where status = 'pending' and chat_id is not null and send_after <= now)
        then greatest(
          (select closed_until from telegram_gate),
          (select min(free_at) from telegram_permits),
          coalesce((
            select min(case when held_until > now then now + interval '250 ms' else free_at end) from telegram_chats chat
            where (free_at > now or held_until > now) and exists (
              select from notifications note where note.chat_id = chat.chat_id and status = 'pending' and send_after <= now)
          ), now)) end,
      (select min(send_after) from notifications where status = 'pending' and chat_id is not null and send_after > now)
    ) - now)::float8 * 1000 as ms
    from clock`);
