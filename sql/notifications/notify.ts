import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';
import { rowsOf } from '../database/rows.ts';
import { traceparent } from '../database/tracing.ts';
import { type AdminMessageName, type Message, type PersonMessageName, subjectsOf, supersededBy, urgencyOf } from './catalog.ts';
import { PRIORITY, type Priority } from './messages/message.ts';
import { currentChats } from './moved-chats.ts';

/** A message to the admins and the key under which it is written at most once. As urgent as the catalog has it, unless it says otherwise. */
export type AdminNotice<N extends AdminMessageName = AdminMessageName> = Message<N> & { dedupe: string; priority?: Priority };
/** A message to a chat that asked for it, in the language it asked in. */
export type ChatNotice = Message & { chatId: number; locale: string; dedupe: string };
/** A message to a person of the studio. `occasion` is the instant at which what it is about begins. */
export type Notice<N extends PersonMessageName = PersonMessageName> = Message<N> & {
  userId: number;
  dedupe: string;
  priority?: Priority;
  occasion?: string;
  /** Students it is about who are not the reader: where the reader has switched off all of them, it is not written. */
  about?: readonly number[];
};

type Fragment = ReturnType<typeof sql.fragment>;
type Written = Message & { priority?: Priority; occasion?: string; dedupe: string };

/** What every row has: template, params, subjects, priority, occasion. */
const columnsOf = (message: Written) => [
  message.template,
  JSON.stringify(message.params),
  JSON.stringify(subjectsOf(message)),
  PRIORITY[message.priority ?? urgencyOf(message.template, message.occasion ?? null, new Date())],
  message.occasion ?? null,
];
const TYPES = ['text', 'jsonb', 'jsonb', 'int2', 'timestamptz'];
const COLUMNS = sql.fragment`template, params, subjects, priority, occasion_at`;
const words = (list: Fragment) => sql.fragment`array(select jsonb_array_elements_text(${list}))`;

/**
 * Writes notices for every admin chat, in the transaction of their cause. Written already: nothing happens. A chat that became
 * another one is written to where it is now. Without admin chats one row a notice is kept, so that the log has it.
 */
export async function notifyAdmins(db: Sql, chatIds: readonly number[], notices: readonly AdminNotice[]) {
  if (notices.length === 0) return;
  const chats = chatIds.length > 0 ? await currentChats(db, chatIds) : [{ known_as: null, chat_id: null }];
  const rows = notices.flatMap((notice) =>
    chats.map(({ known_as, chat_id }) => [
      chat_id,
      null,
      known_as === null ? notice.dedupe : `${notice.dedupe}:${known_as}`,
      ...columnsOf(notice),
    ]),
  );
  await writeToChats(db, rows, notices);
}

/** Writes to chats that wait for it, in the transaction of its cause; written already: nothing happens. */
export async function notifyChats(db: Sql, notices: readonly ChatNotice[]) {
  if (notices.length === 0) return;
  const rows = notices.map((notice) => [notice.chatId, notice.locale, notice.dedupe, ...columnsOf(notice)]);
  await writeToChats(db, rows, notices);
}

const writeToChats = (db: Sql, rows: readonly (readonly (string | number | null)[])[], notices: readonly Message[]) =>
  db.query(sql.unsafe`
    with told as (
      insert into notifications (chat_id, locale, dedupe_key, template, params, subjects, priority, occasion_at, trace)
      select chat_id, locale, dedupe_key, template, params, ${words(sql.fragment`subjects`)}, priority, occasion_at,
        ${traceparent()}::text
      from ${sql.unnest(rows, ['int8', 'text', 'text', ...TYPES])} as given (chat_id, locale, dedupe_key, ${COLUMNS})
      on conflict (dedupe_key) do nothing
      returning id, user_id, chat_id, template, subjects, priority, occasion_at
    ), ${inOrder(notices, sql.fragment`earlier.user_id is null and earlier.chat_id = told.chat_id`)}
    select`);

/**
 * Writes messages to people in the transaction of their cause; written already: nothing happens. Where somebody is and in which
 * language is looked up when the message is sent; whoever has no Telegram, or has blocked the bot, gets it by another channel, and
 * whoever has none is called (channels.ts). Earlier messages that a new one outdates are not sent any more, and others about the
 * same subject leave before it. Returns how many messages are new.
 */
export async function notifyPeople(db: Sql, notices: readonly Notice[]): Promise<number> {
  if (notices.length === 0) return 0;
  return db.oneFirst(sql.prepared('notify_people', z.object({ count: z.int() }))`
    with told as (
      ${insertForPeople(notices, sql.fragment`true`)}
      returning id, user_id, chat_id, template, subjects, priority, occasion_at
    ), ${inOrder(notices, sql.fragment`earlier.user_id = told.user_id`)}
    select count(*)::int as count from told`);
}

/**
 * {@link notifyPeople} as part of a statement: nobody is notified unless the condition holds. For messages about something that is
 * new, so that there is nothing earlier to outdate.
 */
export const noticesOfNew = (notices: readonly Notice<'booking_confirmed'>[], condition: Fragment) =>
  insertForPeople(notices, condition);

/**
 * When a message may leave: not before its own change is past undoing (D49), nor before an earlier one about the same subject whose
 * change is not.
 */
const notBefore = sql.fragment`greatest(now(), nullif(current_setting('studio.undo_until', true), '')::timestamptz, (
    select max(waiting.held_until) from notifications waiting
    where waiting.user_id = given.user_id and waiting.status = 'pending' and waiting.held_until is not null
      and waiting.subjects && ${words(sql.fragment`given.subjects`)}))`;

const insertForPeople = (notices: readonly Notice[], condition: Fragment) => sql.fragment`
  insert into notifications
    (user_id, chat_id, locale, template, params, dedupe_key, subjects, priority, occasion_at, send_after, channel, tried, trace)
  select user_id, case when blocked_at is null then telegram_id end, locale, template, params, dedupe_key,
    ${words(sql.fragment`subjects`)}, priority, occasion_at, ${notBefore},
    case when telegram_id is not null and blocked_at is null then 'telegram' end,
    case when blocked_at is null then '{}' else array['telegram'] end, ${traceparent()}::text
  from ${rowsOf(
    notices.map((notice) => [notice.userId, notice.dedupe, ...columnsOf(notice), JSON.stringify(notice.about ?? [])]),
    ['int4', 'text', ...TYPES, 'jsonb'],
  )} with ordinality as given (user_id, dedupe_key, ${COLUMNS}, about, place)
  join users on users.id = user_id
  left join telegram_chats chat on chat.chat_id = telegram_id
  where ${condition} and (about = '[]' or exists (
    select from jsonb_array_elements(about) as child (id) where not exists (
      select from child_notifications off
      where off.reader_id = user_id and off.student_id = child.id::int and not off.is_on)))
  order by place
  on conflict (dedupe_key) do nothing`;

/**
 * What becomes of earlier messages to the same reader about the same subject that still wait, from `told`, the rows just written:
 * outdated ones are skipped; the others leave now, as urgent as the new one, so that they are read in the order they were written.
 */
const inOrder = (notices: readonly Message[], isSameReader: Fragment) => {
  const pairs = [...new Set(notices.map(({ template }) => template))].flatMap((name) =>
    supersededBy(name).map((earlier) => `${name}>${earlier}`),
  );
  return sql.fragment`
    before as materialized (
      select earlier.id from notifications earlier
      where earlier.status = 'pending' and exists (select from told where ${isSameReader} and earlier.subjects && told.subjects)
      order by earlier.id for update
    ), after as materialized (
      select earlier.id, bool_or(told.template || '>' || earlier.template = any(${sql.array(pairs, 'text')})) as is_outdated,
        max(told.priority) as priority, min(told.occasion_at) as occasion_at
      from before join notifications earlier using (id) join told on ${isSameReader} and earlier.subjects && told.subjects
      group by earlier.id
    ), ordered as (
      update notifications note set
        status = case when is_outdated then 'skipped' else status end,
        error = case when is_outdated then 'superseded' else error end,
        priority = greatest(note.priority, after.priority),
        occasion_at = case when note.occasion_at is null or after.priority > note.priority
          then least(note.occasion_at, after.occasion_at) else note.occasion_at end,
        send_after = greatest(least(send_after, now()), held_until)
      from after where after.id = note.id
    )`;
};

/**
 * Notes that a chat refused us: what waits for it, and what is written for it from now on, goes by the next channel of the person
 * whose chat it is. What is no person's becomes undeliverable.
 */
export const blockChat = (db: Sql, chatId: number, error: string) =>
  db.query(sql.unsafe`
    with blocked as (
      insert into telegram_chats (chat_id, blocked_at) values (${chatId}, now())
      on conflict (chat_id) do update set blocked_at = coalesce(telegram_chats.blocked_at, now())
    )
    update notifications set error = ${error}, in_line = false,
      status = case when user_id is null then 'undeliverable' else status end,
      channel = case when user_id is null then channel end,
      tried = case when user_id is null then tried else array_append(tried, 'telegram') end,
      chat_id = case when user_id is null then chat_id end,
      parts_sent = case when user_id is null then parts_sent else 0 end,
      attempts = case when user_id is null then attempts else 0 end,
      send_after = case when user_id is null or attempts = 0 and not in_line then send_after else greatest(now(), held_until) end
    where chat_id = ${chatId} and status = 'pending'`);

/** Whoever writes to the bot can be reached again. Returns true when they could not be before. */
export async function writesAgain(db: Sql, chatId: number): Promise<boolean> {
  const { rowCount } = await db.query(sql.unsafe`
    update telegram_chats set blocked_at = null where chat_id = ${chatId} and blocked_at is not null`);
  return rowCount > 0;
}

/** True when a message waits to be sent now. */
export const anyMessageDue = (db: Sql) =>
  db.oneFirst(sql.type(z.object({ due: z.boolean() }))`
    select exists (select from notifications where status = 'pending' and send_after <= now()) as due`);
