import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';
import { closing } from '../notifications/reach.ts';
import { clearAlert, raiseAlert } from './alerts.ts';

const nameOf = z.object({ name: z.string() });

/**
 * A service outside wants to be paid: its status changes once and the admins are notified once; whoever uses it leaves it
 * alone until a check succeeds (D40). Returns true when it worked before.
 */
export async function noteUnpaid(transaction: Sql, name: string, error: string, chatIds: readonly number[]): Promise<boolean> {
  const flipped = await transaction.maybeOneFirst(sql.type(nameOf)`
    insert into outside_services (name, status, error) values (${name}, 'payment_required', ${error})
    on conflict (name) do update set status = 'payment_required', since = now(), error = excluded.error
      where outside_services.status <> 'payment_required'
    returning name`);
  if (flipped !== null) {
    await raiseAlert(transaction, chatIds, {
      fingerprint: `unpaid:${name}`,
      template: 'service_unpaid',
      params: { service: name },
    });
  }
  return flipped !== null;
}

/** A check succeeded: the service is used again, and the admins are notified. Returns true when it had been left alone. */
export async function notePaid(transaction: Sql, name: string, chatIds: readonly number[]): Promise<boolean> {
  const flipped = await transaction.maybeOneFirst(sql.type(nameOf)`
    update outside_services set status = 'active', since = now(), error = null where name = ${name} and status <> 'active' returning name`);
  if (flipped !== null) await clearAlert(transaction, chatIds, `unpaid:${name}`);
  return flipped !== null;
}

/** False while a service waits to be paid. One nobody has had trouble with is taken to work. */
export const isPaid = async (db: Sql, name: string) =>
  (await db.maybeOneFirst(
    sql.type(z.object({ status: z.string() }))`select status from outside_services where name = ${name}`,
  )) !== 'payment_required';

/** Nothing leaves for Telegram for so many seconds. */
export const closeGate = (db: Sql, seconds: number) =>
  db.query(sql.unsafe`${closing(sql.fragment`make_interval(secs => ${seconds})`)}`);
