import type { Sql } from '../../sql/database/database.ts';
import { findSessionEntry, type SessionEntry } from '../../sql/why/ledgers.ts';
import { type Explanation, explained, link } from './answer.ts';
import { causeOf, messagesOf } from './causes.ts';
import { rulesOfSession } from './rules.ts';

const recordOf = ({ seat_id, student_subscription_id }: SessionEntry) =>
  seat_id === null
    ? { record: 'subscription', recordId: student_subscription_id }
    : { record: 'registration', recordId: seat_id };

/** Why a session was taken, given back or granted. */
export async function whySession(db: Sql, id: number): Promise<Explanation | null> {
  const entry = await findSessionEntry(db, id);
  if (!entry) return null;
  const line = link({
    kind: 'session',
    id,
    at: entry.at,
    name: entry.subscription,
    status: entry.reason,
    sessions: entry.delta,
    starts_at: entry.starts_at,
  });
  const messages = await messagesOf(db, {
    readers: [entry.student_id, entry.payer_id],
    subjects: [
      entry.training_id === null ? null : `training:${entry.training_id}`,
      entry.booking_id === null ? null : `booking:${entry.booking_id}`,
      `subscription:${entry.student_subscription_id}`,
    ],
    from: entry.at,
  });
  const cause = await causeOf(db, { runId: entry.run_id, ...recordOf(entry) });
  return explained({
    of: 'session',
    id,
    name: entry.name ?? entry.subscription,
    status: entry.reason,
    sessions: entry.delta,
    starts_at: entry.starts_at,
    rules: rulesOfSession(entry.reason),
    chain: [line, ...cause, ...messages],
  });
}
