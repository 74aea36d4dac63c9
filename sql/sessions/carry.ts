import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';
import { reduceBills, standingOf } from './shares.ts';

/** Sessions that go from a subscription on to the one that renews it; fewer than 0 go back. */
export type Carried = { from: number; to: number; sessions: number };

/** Moves sessions between a subscription and its renewal, as a pair of entries, and notes it there. The caller holds their students. */
export async function carry(transaction: Sql, moves: readonly Carried[], runId: number | null) {
  if (moves.length === 0) return;
  await transaction.query(sql.unsafe`
    insert into session_entries (student_subscription_id, delta, reason, run_id)
    select *, ${runId}::int from ${sql.unnest(
      moves.flatMap(({ from, to, sessions }) => [
        [from, -sessions, 'carried_out'],
        [to, sessions, 'carried_in'],
      ]),
      ['int4', 'int4', 'text'],
    )}`);
  await transaction.query(sql.unsafe`
    update student_subscriptions held set transferred_sessions = transferred_sessions + came.sessions
    from (
      select id, sum(sessions)::int as sessions from ${sql.unnest(
        moves.map(({ to, sessions }) => [to, sessions]),
        ['int4', 'int4'],
      )} as moved (id, sessions) group by id
    ) as came where held.id = came.id`);
}

export type Share = { refunded_minor: number; cancelled_minor: number };

/**
 * A session that stands in a subscription which is over leaves it as its share of the price (D47, D22). One that had been carried
 * there goes back to where it was bought first, for those are taken before its own: it is that price it has a share of.
 * Nothing is settled. The caller holds the student and the wallets of `payersOfChains`.
 */
export async function refundSession(
  transaction: Sql,
  refund: { heldId: number; seatId: number | null; runId: number | null; today: string },
): Promise<Share> {
  const { id, renewed_from_id, carried_in, taken, carried_out } = await standingOf(transaction, refund.heldId, refund.today);
  if (renewed_from_id !== null && carried_in > 0 && taken + 1 + carried_out <= carried_in) {
    await carry(transaction, [{ from: renewed_from_id, to: id, sessions: -1 }], refund.runId);
    return refundSession(transaction, { ...refund, heldId: renewed_from_id });
  }
  return refundOwn(transaction, refund);
}

/** Takes a session off the price of the subscription it was bought with: what was paid goes back, or is owed no more. */
async function refundOwn(
  transaction: Sql,
  { heldId: id, seatId, runId, today }: { heldId: number; seatId: number | null; runId: number | null; today: string },
): Promise<Share> {
  await transaction.query(sql.unsafe`
    insert into session_entries (student_subscription_id, real_training_student_id, delta, reason, run_id)
    values (${id}, ${seatId}, -1, 'refunded', ${runId})`);
  const { price_minor, units, used_units } = await standingOf(transaction, id, today);
  const minor = await transaction.oneFirst(sql.type(z.object({ minor: z.int() }))`
    select kept_minor(${price_minor}::int8, ${units}, ${used_units + 1}) - kept_minor(${price_minor}::int8, ${units}, ${used_units}) as minor`);
  if (minor === 0) return { refunded_minor: 0, cancelled_minor: 0 };
  const refunded = await reduceBills(transaction, { id, minor, status: 'PAID', reason: 'session returned' });
  if (refunded === minor) return { refunded_minor: refunded, cancelled_minor: 0 };
  const owed = { id, minor: minor - refunded, status: 'UNPAID' as const, reason: 'session returned' };
  return { refunded_minor: refunded, cancelled_minor: await reduceBills(transaction, owed) };
}
