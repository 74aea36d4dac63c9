import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';
import { type ClaimedMessage, type Pace, span } from './claim.ts';
import { closing } from './reach.ts';

type Held = Pick<ClaimedMessage, 'id' | 'chat_id' | 'permit' | 'holder'>;
/** What a sender holds: a chat and a permit, under the name its claim gave it. */
export type ChatTurn = Omit<Held, 'id'>;
const turn = z.object({ chat_id: z.int(), permit: z.int(), holder: z.string() });
type Second = Pick<Pace, 'secondMs'>;

/** What `refused_at` of a chat becomes with a message of no person: it arrived, it never will, or nothing is known. */
const asBefore = sql.fragment`refused_at`;
const arrived = sql.fragment`null, blocked_at = null`;
const refused = sql.fragment`coalesce(refused_at, now())`;
const reachOf = ({ user_id }: Pick<ClaimedMessage, 'user_id'>, status: string) => {
  if (status === 'sent') return arrived;
  return user_id === null && status !== 'skipped' ? refused : asBefore;
};

/** The chat and the permit rest from the answer on; after the twentieth message a group rests until its minute is over. */
const resting = ({ chat_id, permit, holder }: ChatTurn, { secondMs }: Second, refusedAt = asBefore) => sql.fragment`
  rested as (
    update telegram_chats set holder = null, held_until = null, recent[1] = now(), refused_at = ${refusedAt},
      free_at = greatest(free_at, now() + ${span(secondMs)}, case when chat_id < 0 then recent[20] + ${span(secondMs * 60)} end)
    where chat_id = ${chat_id} and holder = ${holder}
  ), given_back as (
    update telegram_permits set holder = null, free_at = now() + ${span(secondMs)} where no = ${permit} and holder = ${holder}
  )`;

/** A second chat that is refused within so many seconds means the whole bot. */
const FLOOD_SECONDS = 10;

/**
 * Telegram asked to wait: the chat rests for that long with everything in its line. When it has said so to another chat
 * just before, it means the whole bot, and nothing leaves until then.
 */
const flooded = ({ chat_id, permit, holder }: ChatTurn, seconds: number, { secondMs }: Second) => sql.fragment`
  rested as (
    update telegram_chats set holder = null, held_until = null, recent = recent[2:], flooded_at = now(),
      free_at = now() + ${span(seconds * 1_000)}
    where chat_id = ${chat_id} and holder = ${holder}
  ), given_back as (
    update telegram_permits set holder = null, free_at = now() + ${span(secondMs)} where no = ${permit} and holder = ${holder}
  ), closed as (
    ${closing(span(seconds * 1_000))}
    where exists (
      select from telegram_chats where chat_id <> ${chat_id} and flooded_at > now() - make_interval(secs => ${FLOOD_SECONDS}))
  )`;

/** Nothing was tried: neither the chat nor the permit needs to rest. */
const untouched = ({ chat_id, permit, holder }: ChatTurn, refusedAt = asBefore) => sql.fragment`
  rested as (
    update telegram_chats set holder = null, held_until = null, recent = recent[2:], refused_at = ${refusedAt} where chat_id = ${chat_id} and holder = ${holder}
  ), given_back as (
    update telegram_permits set holder = null, free_at = now() where no = ${permit} and holder = ${holder}
  )`;

/**
 * Ends a message that was tried: what became of it, and why if it was not sent. One that was outdated while it was on its way has
 * been sent all the same. Whether what is no person's message arrived is noted with its chat, too.
 */
export const markMessage = (
  db: Sql,
  message: Held & Pick<ClaimedMessage, 'user_id'>,
  status: 'sent' | 'failed' | 'undeliverable',
  error: string | null,
  pace: Second,
) =>
  db.query(sql.unsafe`
    with ${resting(message, pace, reachOf(message, status))}
    update notifications set status = ${status}, error = ${error}, in_line = false, sent_at = case when ${status} = 'sent' then now() end
    where id = ${message.id} and (status = 'pending' or (${status} = 'sent' and status = 'skipped' and error = 'superseded'))`);

/** Notes that the first parts of a long text have arrived; the next one goes when the chat has rested. */
export const markPart = (db: Sql, message: Held, partsSent: number, pace: Second) =>
  db.query(sql.unsafe`
    with ${resting(message, pace)}
    update notifications set parts_sent = ${partsSent}, attempts = 0, in_line = true, send_after = now() + ${span(pace.secondMs)}
    where id = ${message.id} and status = 'pending'`);

/** Telegram refused a person's message for good, but not the person: it goes by their next channel. */
export const leaveChat = (db: Sql, message: Held, error: string, pace: Second) =>
  db.query(sql.unsafe`
    with ${resting(message, pace)}
    update notifications set tried = array_append(tried, 'telegram'), channel = null, chat_id = null, attempts = 0, parts_sent = 0,
      in_line = false, send_after = now(), error = ${error}
    where id = ${message.id} and status = 'pending' and user_id is not null`);

/** Leaves a message for later after a try that failed, and with it the later messages to its reader about the same subject. */
export const postponeMessage = (db: Sql, message: Held, seconds: number, error: string, pace: Second) =>
  db.query(sql.unsafe`
    with ${resting(message, pace)}, later as materialized (
      select waiting.id from notifications first join notifications waiting
        on waiting.chat_id = first.chat_id and waiting.subjects && first.subjects and waiting.id > first.id
      where first.id = ${message.id} and first.chat_id = ${message.chat_id} and waiting.status = 'pending' order by waiting.id for update of waiting
    )
    update notifications note
    set send_after = greatest(now() + make_interval(secs => ${seconds}), case when note.id <> ${message.id} then send_after end),
      error = case when note.id = ${message.id} then ${error} else error end
    where status = 'pending' and (note.id = ${message.id} or note.id in (select id from later))`);

/** Leaves a message, and what is due in its chat's line behind it, until Telegram takes messages again. */
export const postponeFlooded = (db: Sql, message: Held, seconds: number, error: string, pace: Second) =>
  db.query(sql.unsafe`
    with ${flooded(message, seconds, pace)}
    update notifications
    set in_line = true, send_after = now() + ${span(seconds * 1_000)}, error = case when id = ${message.id} then ${error} else error end
    where status = 'pending' and (id = ${message.id} or (chat_id = ${message.chat_id} and send_after <= now()))`);

/** Leaves a message untried until an instant (quiet hours), or, with null, for whoever comes next. */
export const releaseMessage = (db: Sql, message: Held, until: string | null) =>
  db.query(sql.unsafe`
    with ${untouched(message)}
    update notifications set attempts = greatest(attempts - 1, 0), send_after = coalesce(${until}::timestamptz, now())
    where id = ${message.id} and status = 'pending'`);

/** Ends a message that is not to be sent, or cannot be. */
export const dropMessage = (
  db: Sql,
  message: Held & Pick<ClaimedMessage, 'user_id'>,
  status: 'failed' | 'skipped',
  error: string,
) =>
  db.query(sql.unsafe`
    with ${untouched(message, reachOf(message, status))}
    update notifications set status = ${status}, error = ${error}, in_line = false where id = ${message.id} and status = 'pending'`);

/** A message whose reader has moved goes to where they are now, untried; to whoever has no Telegram any more, by another channel. */
export const readdressMessage = (db: Sql, message: Held, address: number | null) =>
  db.query(sql.unsafe`
    with ${untouched(message)}
    update notifications set attempts = greatest(attempts - 1, 0), send_after = now(), chat_id = ${address}::int8,
      channel = case when ${address}::int8 is not null then 'telegram' end,
      parts_sent = case when user_id is null then parts_sent else 0 end
    where id = ${message.id} and status = 'pending'`);

/** Ends a message that went to the log instead. */
export const endLogged = (db: Sql, id: number, status: 'failed' | 'skipped', error: string | null) =>
  db.query(sql.unsafe`
    update notifications set status = ${status}, error = ${error}, in_line = false where id = ${id} and status = 'pending'`);

/** Takes a turn for a message that is no row of the outbox; null when the limits do not let one go now. */
export const takeTurn = (db: Sql, chatId: number, { leaseMs }: Pace): Promise<ChatTurn | null> =>
  db.maybeOne(sql.type(turn)`
    with permit as materialized (
      select no from telegram_permits
      where free_at <= now() and not exists (select from telegram_gate where closed_until > now())
      order by free_at, no limit 1 for update skip locked
    ), reserved as (
      insert into telegram_chats (chat_id, holder, held_until, recent)
      select ${chatId}, gen_random_uuid(), now() + ${span(leaseMs)}, array[now() + ${span(leaseMs)}] from permit
      on conflict (chat_id) do update
        set holder = excluded.holder, held_until = excluded.held_until, recent = (excluded.recent || telegram_chats.recent)[1:20]
        where telegram_chats.free_at <= now() and coalesce(telegram_chats.held_until <= now(), true)
      returning chat_id, holder
    )
    update telegram_permits set free_at = now() + ${span(leaseMs)}, holder = reserved.holder
    from permit, reserved where telegram_permits.no = permit.no
    returning reserved.chat_id, telegram_permits.no as permit, reserved.holder`);

/** Ends a turn with its answer: all well, or the seconds Telegram asked to wait. */
export const endTurn = (db: Sql, turn: ChatTurn, floodSeconds: number | null, pace: Second) =>
  db.query(
    floodSeconds === null
      ? sql.unsafe`with ${resting(turn, pace)} select`
      : sql.unsafe`with ${flooded(turn, floodSeconds, pace)} select`,
  );
