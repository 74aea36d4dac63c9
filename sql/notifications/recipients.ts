import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';
import type { OtherChannel } from './channels.ts';
import { hasChannel } from './other-channels.ts';

/** Somebody who is written to. `student_ids`: whom it is about where that is not the reader; `channel` null: nothing reaches them but a call. */
const recipientRow = z.object({
  id: z.int(),
  name: z.string(),
  student_ids: z.array(z.int()),
  channel: z.enum(['telegram', 'push', 'email', 'sms']).nullable(),
});

type Students = ReturnType<typeof sql.fragment>;
/** Those who have a place in a training. */
export const inTraining = (id: number): Students => sql.fragment`
  select student_id from real_training_students where real_training_id = ${id} and status in ('REGISTERED', 'PRESENT')`;
/** The members of a group on a business day. */
export const inGroup = (id: number, day: string): Students => sql.fragment`
  select student_id from group_members
  where group_id = ${id} and ${day}::date between from_date and coalesce(to_date, 'infinity')`;

/**
 * The students, and whoever pays for them where that is somebody else (D43), each once, by name; who has switched messages about a
 * child off is not among them. Says by which channel each is reached.
 * @param order the channels beside Telegram that are set up, in the order they are tried
 * @param hasBot whether Telegram is set up
 */
export const recipientsOf = (
  db: Sql,
  students: Students,
  { order, hasBot }: { order: readonly OtherChannel[]; hasBot: boolean },
) =>
  db.any(sql.type(recipientRow)`
    with going as materialized (
      select distinct students.id as student_id, payer_id from (${students}) as named join students on students.id = named.student_id
    ), readers as (
      select student_id as id, '{}'::int[] as student_ids from going
      union all
      select payer_id, array_agg(student_id order by student_id) from going
      where payer_id <> student_id and payer_id not in (select student_id from going) and not exists (
        select from child_notifications off where off.reader_id = payer_id and off.student_id = going.student_id and not off.is_on)
      group by payer_id
    )
    select users.id, concat_ws(' ', first_name, nullif(last_name, '')) as name, student_ids,
      case when ${hasBot} and telegram_id is not null and chat.blocked_at is null then 'telegram' else (
        select known.channel from unnest(${sql.array([...order], 'text')}) with ordinality as known (channel, place)
        where ${hasChannel} order by place limit 1) end as channel
    from readers join users on users.id = readers.id left join telegram_chats chat on chat.chat_id = telegram_id
    order by name, users.id`);
