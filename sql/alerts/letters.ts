import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';
import { alertNames } from '../notifications/messages/admins.ts';
import { UNANSWERED_SECONDS } from './conditions.ts';

/** An e-mail or a short message about an alarm: it began, nobody has taken note of it, it is over. */
export type AlarmStep = 'raised' | 'unanswered' | 'over';
export type LetterChannel = 'email' | 'sms';
export type WantedLetter = { step: AlarmStep; channel: LetterChannel };

const openAlarm = z.object({
  fingerprint: z.string(),
  episode: z.int(),
  template: z.enum(alertNames),
  /** Nobody has taken note of it in time. */
  is_unanswered: z.boolean(),
  /** What has been written about it, by step and channel: whether some of it was sent, and whether some was given up. */
  letters: z.array(
    z.object({
      step: z.enum(['raised', 'unanswered']),
      channel: z.enum(['email', 'sms']),
      sent: z.boolean(),
      failed: z.boolean(),
    }),
  ),
});
export type OpenAlarm = z.output<typeof openAlarm>;

/** Alarms that go on, are not muted, and that nobody has taken note of. */
export const openAlarms = (db: Sql, now: Date) =>
  db.any(sql.type(openAlarm)`
    select fingerprint, episode, template,
      first_at <= ${now.toISOString()}::timestamptz - make_interval(secs => ${UNANSWERED_SECONDS}) as is_unanswered,
      coalesce((
        select jsonb_agg(jsonb_build_object('step', step, 'channel', channel, 'sent', sent, 'failed', failed))
        from (
          select step, channel, bool_or(status = 'sent') as sent, bool_or(status = 'failed') as failed from alarm_letters letter
          where letter.fingerprint = alerts.fingerprint and letter.episode = alerts.episode and step <> 'over'
          group by step, channel
        ) written), '[]') as letters
    from alerts
    where recovered_at is null and acknowledged_at is null
      and coalesce(muted_until <= ${now.toISOString()}::timestamptz, true)`);

/** Writes letters about an alarm, each step once to each address. */
export async function writeLetters(
  db: Sql,
  { fingerprint, episode }: Pick<OpenAlarm, 'fingerprint' | 'episode'>,
  letters: readonly (WantedLetter & { address: string })[],
  now: Date,
) {
  if (letters.length === 0) return;
  const rows = letters.map(({ step, channel, address }) => [fingerprint, episode, step, channel, address, now.toISOString()]);
  await db.query(sql.unsafe`
    insert into alarm_letters (fingerprint, episode, step, channel, address, send_after)
    select * from ${sql.unnest(rows, ['text', 'int4', 'text', 'text', 'text', 'timestamptz'])}
    on conflict do nothing`);
}

/** Whoever was written to about an alarm is written once that it is over, by the same ways. */
export const writeEnds = (db: Sql, now: Date) =>
  db.query(sql.unsafe`
    insert into alarm_letters (fingerprint, episode, step, channel, address, send_after)
    select distinct letter.fingerprint, letter.episode, 'over', letter.channel, letter.address, ${now.toISOString()}::timestamptz
    from alerts join alarm_letters letter using (fingerprint, episode)
    where recovered_at is not null and letter.status = 'sent' and letter.step <> 'over'
      and coalesce(muted_until <= recovered_at, true)
    on conflict do nothing`);

/** What has become pointless before it left: an alarm that is over, or that somebody has taken note of, or the end of one that began anew. */
export const skipPointless = (db: Sql, now: Date) =>
  db.query(sql.unsafe`
    update alarm_letters letter set status = 'skipped'
    from alerts
    where letter.status = 'pending' and alerts.fingerprint = letter.fingerprint and (
      alerts.episode <> letter.episode
      or step <> 'over' and (recovered_at is not null or acknowledged_at is not null or muted_until > ${now.toISOString()}::timestamptz))`);

/** A short message about one condition goes to an address once an hour, and ten a day about all of them (R36). */
const HOUR_SECONDS = 3_600;
const DAY_SECONDS = 86_400;
const SHORT_A_DAY = 10;

const claimedLetter = z.object({
  id: z.int(),
  fingerprint: z.string(),
  step: z.enum(['raised', 'unanswered', 'over']),
  channel: z.enum(['email', 'sms']),
  address: z.string(),
  attempts: z.int(),
  alert_id: z.int(),
  template: z.enum(alertNames),
  params: z.record(z.string(), z.unknown()),
  first_at: z.iso.datetime(),
  last_at: z.iso.datetime(),
  count: z.int(),
});
export type ClaimedLetter = z.output<typeof claimedLetter>;

/** Claims the next letter that may leave now, for a lease; null when none may. */
export const claimLetter = (db: Sql, now: Date, leaseSeconds: number) => {
  const at = sql.fragment`${now.toISOString()}::timestamptz`;
  const shortAbout = (of: ReturnType<typeof sql.fragment>, seconds: number) => sql.fragment`
    select count(*) from alarm_letters sent
    where sent.channel = 'sms' and sent.status = 'sent' and sent.address = letter.address and ${of}
      and sent.sent_at > ${at} - make_interval(secs => ${seconds})`;
  return db.maybeOne(sql.type(claimedLetter)`
    with next as materialized (
      select letter.id from alarm_letters letter
      where letter.status = 'pending' and letter.send_after <= ${at}
        and (letter.channel <> 'sms' or (
          (${shortAbout(sql.fragment`sent.fingerprint = letter.fingerprint`, HOUR_SECONDS)}) = 0
          and (${shortAbout(sql.fragment`true`, DAY_SECONDS)}) < ${SHORT_A_DAY}))
      order by letter.id limit 1 for update of letter skip locked
    ), claimed as (
      update alarm_letters letter set attempts = attempts + 1, send_after = ${at} + make_interval(secs => ${leaseSeconds})
      from next where letter.id = next.id returning letter.*
    )
    select claimed.id, fingerprint, step, channel, address, attempts, alerts.id as alert_id, template, params, first_at, last_at, count
    from claimed join alerts using (fingerprint)`);
};

/** Ends a letter that was tried. */
export const endLetter = (db: Sql, id: number, status: 'sent' | 'failed', error: string | null, now: Date) =>
  db.query(sql.unsafe`
    update alarm_letters set status = ${status}, error = ${error},
      sent_at = case when ${status} = 'sent' then ${now.toISOString()}::timestamptz end
    where id = ${id} and status in ('pending', 'skipped')`);

/** Leaves a letter for later after a try that failed. */
export const postponeLetter = (db: Sql, id: number, seconds: number, error: string, now: Date) =>
  db.query(sql.unsafe`
    update alarm_letters set error = ${error}, send_after = ${now.toISOString()}::timestamptz + make_interval(secs => ${seconds})
    where id = ${id} and status = 'pending'`);

/** Where alarms go beside the admin chats, unless settings say: to whoever owns or administers the studio. */
export const staffAddresses = async (db: Sql) =>
  db.one(sql.type(z.object({ emails: z.array(z.string()), phones: z.array(z.string()) }))`
    select coalesce(array_agg(distinct email) filter (where email is not null), '{}') as emails,
      coalesce(array_agg(distinct phone) filter (where phone is not null), '{}') as phones
    from users where is_active and exists (select from user_roles role where role.user_id = users.id and role.role in ('owner', 'admin'))`);
