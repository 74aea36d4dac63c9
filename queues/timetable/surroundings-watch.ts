import { settleCondition } from '../../sql/alerts/watched.ts';
import type { Database } from '../../sql/database/database.ts';
import { connectionsOf, skewedHosts } from '../../sql/schedule/server-state.ts';
import type { Settings } from '../process/settings.ts';

/** A clock that differs by more than this is an alarm, which is over once it differs by less than that. */
const SKEWED_MS = 2_000;
const RIGHT_MS = 1_000;
/** So much of the server's connections in use is an alarm, and so much is none any more. */
const HIGH = 0.85;
const ENOUGH = 0.75;

/** Of a fingerprint: a host's name may be longer than a button can name. */
const MOST_HOST = 40;

type Watched = { db: Database; settings: Pick<Settings, 'adminChatIds'> };
type Figures = { hosts: { host: string; skew_ms: number }[]; used: number; most: number };

/** Looks at the clocks of all hosts and at the connections of the database: each condition is one alarm, and one end (R36). */
export async function watchSurroundings({ db, settings }: Watched, now: Date, look = figuresOf) {
  const { hosts, used, most } = await look(db);
  await db.transaction(async (transaction) => {
    for (const { host, skew_ms } of hosts) {
      const skew = Math.abs(skew_ms);
      if (skew >= RIGHT_MS && skew <= SKEWED_MS) continue;
      const trouble = { fingerprint: `clock_skewed:${host.slice(0, MOST_HOST)}`, template: 'clock_skewed' as const };
      await settleCondition(transaction, settings.adminChatIds, skew > SKEWED_MS, { ...trouble, params: { host, skew_ms } }, now);
    }
    if (used > HIGH * most || used < ENOUGH * most) {
      const trouble = { fingerprint: 'connections_high', template: 'connections_high' as const, params: { used, most } };
      await settleCondition(transaction, settings.adminChatIds, used > HIGH * most, trouble, now);
    }
  });
}

export const isClockRight = (hosts: Figures['hosts']) => hosts.every(({ skew_ms }) => Math.abs(skew_ms) <= SKEWED_MS);
export const areConnectionsFree = ({ used, most }: Pick<Figures, 'used' | 'most'>) => used <= HIGH * most;

async function figuresOf(db: Database): Promise<Figures> {
  const [hosts, connections] = [await skewedHosts(db), await connectionsOf(db)];
  return { hosts: [...hosts], ...connections };
}
