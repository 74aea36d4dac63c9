import pg from 'pg';
import type { RunName } from '../../queues/jobs/catalog.ts';
import { nominalTicks } from '../../queues/timetable/ticks.ts';
import { type Schedule, timetable } from '../../queues/timetable/timetable.ts';
import { emptyQueues, endSessions, noteRestore, RESTORED, skipWaitingMessages } from '../../sql/backups/aftermath.ts';
import { openDatabase, type Sql } from '../../sql/database/database.ts';
import { SET_UP_LIMITS } from '../../sql/database/set-up-limits.ts';
import { recordTicks, scheduleStates } from '../../sql/schedule/schedule.ts';
import { replayErasures } from './erasures.ts';

/** What only tells people of what is near: told late it is wrong. Everything else that was missed follows its own policy. */
const ONLY_TELLS: readonly RunName[] = ['reminders', 'digest', 'month_digest'];
/** Ticks written at once. */
const TICKS = 5_000;

export type AfterRestore = { messages: number; ticks: number; sessions: number; erasures: number };

/**
 * Makes a restored database safe to go on from (R35): nothing that waited is sent, reminders and digests of the lost time are skipped,
 * everybody signs in anew, whoever was erased since is erased again (R31), and the queues that lie in it are empty. Once more changes nothing.
 * @param url as its owner
 */
export async function settleRestored(
  url: string,
  about: { file: string; point: string | null; zone: string; now: Date; backupDir: string },
): Promise<AfterRestore> {
  const db = await openDatabase(url, { max: 1, name: 'restore', limits: { statementMs: 600_000 } });
  try {
    const done = await db.transaction(async (transaction) => {
      const messages = await skipWaitingMessages(transaction);
      const ticks = await skipTicks(transaction, about.zone, about.now);
      const sessions = await endSessions(transaction);
      const erasures = await replayErasures(transaction, about.backupDir);
      await noteRestore(transaction, { ...about, messages, ticks, sessions });
      return { messages, ticks, sessions, erasures };
    });
    await emptyOwnQueues(url);
    return done;
  } finally {
    await db.end();
  }
}

async function skipTicks(transaction: Sql, zone: string, now: Date): Promise<number> {
  const states = await scheduleStates(transaction, now);
  let count = 0;
  for (const schedule of timetable.filter(({ run }) => ONLY_TELLS.includes(run))) {
    const state = states.find(({ name }) => name === schedule.name);
    let since = state ? new Date(state.last_tick ?? state.known_since) : now;
    for (let isMore = true; isMore; ) {
      const missed = nominalTicks(schedule.pattern, zone, since, now, TICKS);
      if (missed.length > 0)
        count += (
          await recordTicks(
            transaction,
            missed.map((tick) => skipped(schedule, tick)),
          )
        ).length;
      since = missed.at(-1) ?? now;
      isMore = missed.length === TICKS;
    }
  }
  return count;
}

const skipped = ({ name }: Schedule, nominalAt: Date) => ({
  schedule: name,
  nominalAt,
  outcome: 'skipped',
  reason: RESTORED,
  deadlineAt: null,
});

async function emptyOwnQueues(url: string) {
  const client = new pg.Client({ connectionString: url, ...SET_UP_LIMITS });
  await client.connect();
  try {
    await emptyQueues(client);
  } finally {
    await client.end();
  }
}
