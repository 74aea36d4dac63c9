import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';
import type { Message, ParamsOf } from '../notifications/catalog.ts';
import { type AlertName, alertNames } from '../notifications/messages/admins.ts';
import { notifyAdmins } from '../notifications/notify.ts';

/** Trouble of a kind: the same fingerprint is the same trouble. At most 58 bytes, so that a button can name it. */
export type Trouble = { [N in AlertName]: { template: N; params: Omit<ParamsOf<N>, 'alert'> } }[AlertName] & {
  fingerprint: string;
  /** It goes on by itself: looking at it again is not its happening again. */
  isOngoing?: boolean;
  /** It is told once, and its end once, however long it lasts. */
  isOnce?: boolean;
  /** Somebody waits to hear of it: the whole message is sent even if it was sent before. */
  isAnswer?: boolean;
};

/** Told again after so many times, and after an hour if it went on. */
const TOLD_AT = [10, 100, 1_000, 10_000];
const AGAIN_SECONDS = 3_600;

const alertRow = z.object({
  fingerprint: z.string(),
  template: z.enum(alertNames),
  params: z.record(z.string(), z.unknown()),
  first_at: z.iso.datetime(),
  last_at: z.iso.datetime(),
  count: z.int(),
  episode: z.int(),
  is_first: z.boolean(),
  is_due: z.boolean(),
  is_muted: z.boolean(),
});

/**
 * Notes trouble in the transaction of its cause. The first time the whole message is sent; then it is counted, and sent as a counter
 * the 10th, 100th ... time, or an hour after the last telling; while it is muted, not at all. Trouble that recovered begins anew.
 * Returns what is sent to the admins: the whole message, the counter, or nothing.
 */
export async function raiseAlert(
  transaction: Sql,
  chatIds: readonly number[],
  { fingerprint, isOngoing = false, isOnce = false, isAnswer = false, ...trouble }: Trouble,
  now = new Date(),
): Promise<'told' | 'counted' | 'quiet'> {
  const { template, params } = trouble;
  const at = now.toISOString();
  const alert = await transaction.one(sql.type(alertRow)`
    insert into alerts (fingerprint, template, params, first_at, last_at, told_at)
    values (${fingerprint}, ${template}, ${sql.jsonb(params as never)}, ${at}::timestamptz, ${at}::timestamptz, ${at}::timestamptz)
    on conflict (fingerprint) do update set
      template = excluded.template, params = excluded.params, last_at = excluded.last_at, recovered_at = null,
      episode = alerts.episode + (alerts.recovered_at is not null)::int,
      acknowledged_at = case when alerts.recovered_at is null then alerts.acknowledged_at end,
      acknowledged_by = case when alerts.recovered_at is null then alerts.acknowledged_by end,
      first_at = case when alerts.recovered_at is null then alerts.first_at else excluded.first_at end,
      told_at = case when alerts.recovered_at is null then alerts.told_at else excluded.told_at end,
      told_count = case when alerts.recovered_at is null then alerts.told_count else 1 end,
      count = case when alerts.recovered_at is not null then 1 else alerts.count + ${isOngoing ? 0 : 1} end
    returning fingerprint, template, params, first_at, last_at, count, episode,
      told_at = last_at as is_first,
      (count > told_count and count = any(${sql.array(TOLD_AT, 'int4')})) or last_at - told_at >= make_interval(secs => ${AGAIN_SECONDS}) as is_due,
      coalesce(muted_until > last_at, false) as is_muted`);
  const isWhole = alert.is_first || isAnswer;
  if (alert.is_muted || !(isWhole || (alert.is_due && !isOnce))) return 'quiet';
  await transaction.query(sql.unsafe`
    update alerts set told_at = last_at, told_count = count where fingerprint = ${fingerprint}`);
  const dedupe = `alert:${fingerprint}:${alert.episode}:${alert.is_first ? 'first' : alert.last_at}`;
  const whole = { template, params: { ...params, alert: fingerprint } } as Message<AlertName>;
  if (isWhole) await notifyAdmins(transaction, chatIds, [{ ...whole, dedupe }]);
  else await notifyAdmins(transaction, chatIds, [{ template: 'alert_again', dedupe, params: aboutOf(alert) }]);
  return isWhole ? 'told' : 'counted';
}

/**
 * Notes that trouble is over, in the transaction of whatever shows it; the admins are notified once, unless it is muted.
 * @param prefix a fingerprint, or, ending in a colon, what several begin with
 * Returns how many alerts were open.
 */
export async function clearAlert(
  transaction: Sql,
  chatIds: readonly number[],
  prefix: string,
  now = new Date(),
): Promise<number> {
  const at = now.toISOString();
  const over = await transaction.any(sql.type(alertRow)`
    update alerts set recovered_at = ${at}::timestamptz, last_at = ${at}::timestamptz
    where recovered_at is null and (fingerprint = ${prefix} or (${prefix.endsWith(':')}::boolean and starts_with(fingerprint, ${prefix})))
    returning fingerprint, template, params, first_at, last_at, count, episode, false as is_first, false as is_due,
      coalesce(muted_until > last_at, false) as is_muted`);
  const audible = over.filter((alert) => !alert.is_muted);
  const notices = audible.map((alert) => ({
    template: 'alert_over' as const,
    dedupe: `alert:${alert.fingerprint}:${alert.episode}:over`,
    params: aboutOf(alert),
  }));
  await notifyAdmins(transaction, chatIds, notices);
  return over.length;
}

/** Trouble is not told for so long, neither as a counter nor as over. Returns until when, or null when there is no such trouble. */
export const muteAlert = (db: Sql, fingerprint: string, seconds: number, now = new Date()) =>
  db.maybeOneFirst(sql.type(z.object({ muted_until: z.iso.datetime() }))`
    update alerts set muted_until = ${now.toISOString()}::timestamptz + make_interval(secs => ${seconds})
    where fingerprint = ${fingerprint} returning muted_until`);

const aboutOf = ({ fingerprint, template, params, first_at, last_at, count }: z.output<typeof alertRow>) => ({
  alert: fingerprint,
  of: { template, params },
  since: first_at,
  at: last_at,
  count,
});
