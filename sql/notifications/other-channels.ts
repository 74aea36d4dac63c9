import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';
import type { OtherChannel } from './channels.ts';
import { outboxRow, span } from './claim.ts';

const claimedRow = outboxRow.extend({
  user_id: z.int(),
  /** The first channel that is set up, that the person has and that has not refused; `call`: none is left. */
  channel: z.enum(['push', 'email', 'sms', 'call']),
  /** The e-mail address or the phone, by push the person's id; null where nothing is left but a call. */
  address: z.string().nullable(),
  tried: z.array(z.string()),
  subjects: z.array(z.string()),
  created_at: z.iso.datetime(),
  /** Whoever pays is notified of the same, and there: by a call instead of this one, or at the same address. */
  is_doubled: z.boolean(),
  error: z.string().nullable(),
  quiet_from: z.string().nullable(),
  quiet_until: z.string().nullable(),
  studio_off: z.array(z.string()),
  person_off: z.array(z.string()),
});
/** A message to a person that is this caller's to send by another channel than Telegram, until its lease ends. */
export type OtherMessage = z.output<typeof claimedRow>;

/** What was refused longer ago is tried again. */
const REFUSED_DAYS = 30;
const phoneOf = (phone: ReturnType<typeof sql.fragment>) => sql.fragment`right(regexp_replace(${phone}, '\\D', '', 'g'), 10)`;
const isRefused = (address: ReturnType<typeof sql.fragment>) => sql.fragment`exists (
  select from refused_addresses refused
  where refused.channel = known.channel and refused.address = ${address} and refused_at > now() - make_interval(days => ${REFUSED_DAYS}))`;

/** For a row of users and a `known.channel`: whether the person has it; a line for each. */
export const hasChannel = sql.fragment`case known.channel
  when 'push' then exists (select from push_subscriptions where user_id = users.id)
  when 'email' then users.email is not null and not ${isRefused(sql.fragment`users.email`)}
  when 'sms' then users.phone is not null and not ${isRefused(sql.fragment`users.phone`)}
end`;

/**
 * Claims the next message that does not go by Telegram: the most urgent, then the oldest, and none before an earlier one about the
 * same subject to the same reader is over. Null when nothing is due.
 * @param order the channels that are set up, in the order they are tried
 */
export const claimOther = (db: Sql, order: readonly OtherChannel[], leaseMs: number) =>
  db.maybeOne(sql.type(claimedRow)`
    with next as materialized (
      select note.id from notifications note
      where note.status = 'pending' and note.user_id is not null and note.chat_id is null and note.send_after <= now()
        and not exists (
          select from notifications earlier
          where earlier.user_id = note.user_id and earlier.status = 'pending' and earlier.id < note.id
            and earlier.subjects && note.subjects)
      order by note.priority desc, note.id limit 1 for update of note skip locked
    ), chosen as materialized (
      select next.id, coalesce((
        select known.channel from unnest(${sql.array([...order], 'text')}) with ordinality as known (channel, place)
        where known.channel <> all(note.tried) and ${hasChannel} order by place limit 1), 'call') as channel
      from next join notifications note using (id) join users on users.id = note.user_id
    ), claimed as (
      update notifications note set channel = chosen.channel, send_after = now() + ${span(leaseMs)},
        attempts = case when note.channel = chosen.channel then attempts + 1 else 1 end
      from chosen where note.id = chosen.id
      returning note.*
    )
    select note.id, note.user_id, note.chat_id, note.template, note.params, users.locale, note.attempts, note.priority, note.occasion_at,
      note.parts_sent, note.trace, note.channel, note.tried, note.subjects, note.created_at, note.error, users.quiet_from::text, users.quiet_until::text,
      case note.channel when 'push' then users.id::text when 'email' then users.email when 'sms' then users.phone end as address,
      exists (
        select from students join users payer on payer.id = students.payer_id
        join notifications twin on twin.user_id = payer.id
        where students.id = note.user_id and payer.id <> note.user_id
          and twin.created_at = note.created_at and twin.template = note.template and twin.subjects && note.subjects
          and twin.status <> 'skipped' and case note.channel
            when 'push' then false
            when 'email' then lower(payer.email) = lower(users.email)
            when 'sms' then ${phoneOf(sql.fragment`payer.phone`)} = ${phoneOf(sql.fragment`users.phone`)}
            else true end
      ) as is_doubled,
      array(select kind from notification_switches where not is_on) as studio_off,
      array(select kind from notification_preferences off where off.user_id = note.user_id and not is_on) as person_off
    from claimed note join users on users.id = note.user_id`);

type Held = Pick<OtherMessage, 'id' | 'channel'>;
const held = ({ id, channel }: Held) => sql.fragment`id = ${id} and status = 'pending' and channel = ${channel}`;

/** Ends a message that was tried, or that is not to be sent. One that was outdated while it was on its way has been sent all the same. */
export const endOther = (db: Sql, message: Held, status: 'sent' | 'failed' | 'undeliverable' | 'skipped', error: string | null) =>
  db.query(sql.unsafe`
    update notifications set status = ${status}, error = ${error}, sent_at = case when ${status} = 'sent' then now() end
    where ${held(message)} or (id = ${message.id} and ${status} = 'sent' and status = 'skipped' and error = 'superseded')`);

/** Leaves a message for later after a try that failed. */
export const postponeOther = (db: Sql, message: Held, seconds: number, error: string) =>
  db.query(sql.unsafe`
    update notifications set send_after = now() + make_interval(secs => ${seconds}), error = ${error} where ${held(message)}`);

/** Leaves a message untried until an instant: quiet hours. */
export const holdOther = (db: Sql, message: Held, until: string) =>
  db.query(sql.unsafe`
    update notifications set attempts = greatest(attempts - 1, 0), send_after = ${until}::timestamptz where ${held(message)}`);

/** A channel refused a message for good: it goes by the next one. The address that was refused, if it was the address, is noted. */
export const passOn = (db: Sql, message: Held & { address: string | null }, error: string, isAddress: boolean) =>
  db.query(sql.unsafe`
    with noted as (
      insert into refused_addresses (channel, address, error)
      select ${message.channel}, ${message.address}::text, ${error} where ${isAddress}::boolean and ${message.address}::text is not null
      on conflict (channel, address) do update set refused_at = now(), error = excluded.error
    )
    update notifications set tried = array_append(tried, channel), channel = null, attempts = 0, send_after = now(), error = ${error}
    where ${held(message)}`);

/** What waits for people on Telegram goes by another channel: there is no bot. */
export const leaveTelegram = (db: Sql) =>
  db.query(sql.unsafe`
    update notifications set tried = array_append(tried, 'telegram'), channel = null, chat_id = null, parts_sent = 0, in_line = false
    where status = 'pending' and user_id is not null and chat_id is not null`);

/** Milliseconds until a message may go by another channel than Telegram; null when none waits. */
export const untilNextOther = (db: Sql) =>
  db.oneFirst(sql.type(z.object({ ms: z.number().nullable() }))`
    select extract(epoch from min(send_after) - now())::float8 * 1000 as ms from notifications
    where status = 'pending' and user_id is not null and chat_id is null and send_after > now()`);
