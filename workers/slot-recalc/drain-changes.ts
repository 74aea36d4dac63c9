import type { Fleet } from '../../queues/process/fleet.ts';
import { dayOf } from '../../queues/time/calendar.ts';
import { forgetSlotChanges, passOnLocationChanges, readSlotChanges } from '../../sql/slots/changes.ts';
import { horizonOf } from '../slots/horizon.ts';
import { publishSlots } from '../slots/live.ts';
import { daysOfChanges, recalculate } from '../slots/recalculate.ts';
import { slotStoreOf } from '../slots/store.ts';

const AT_ONCE = { specialists: 50, limit: 10_000 };
/** So long changes gather before the next ones are looked at, unless there is a backlog. */
const BATCH_MS = 100;

/**
 * Calculates what has changed until nothing is left or the signal comes. Changes are taken together: a thousand of one
 * specialist's are one calculation of the days they concern. A change is forgotten only when its days are stored and told, so a worker
 * that dies in between leaves it to the next one. Returns how much was done.
 */
export async function drainChanges(
  { db, backend, settings: { zone } }: Pick<Fleet, 'db' | 'backend' | 'settings'>,
  signal: AbortSignal,
) {
  const store = slotStoreOf({ backend, db });
  const done = { changes: 0, specialists: 0, days: 0 };
  while (!signal.aborted) {
    await passOnLocationChanges(db);
    const changes = await readSlotChanges(db, { zone, ...AT_ONCE });
    if (changes.length === 0) break;
    const wanted = daysOfChanges(changes, horizonOf(dayOf(new Date(), zone)));
    const calculated = await recalculate({ db, store, zone }, wanted);
    const ids = changes.map(({ id }) => id);
    await publishSlots({ backend, db }, calculated);
    await forgetSlotChanges(db, ids);
    if (wanted.length < AT_ONCE.specialists) await new Promise((next) => setTimeout(next, BATCH_MS));
    done.changes += ids.length;
    done.specialists += calculated.length;
    done.days += calculated.reduce((sum, { days }) => sum + days.length, 0);
  }
  return done;
}
