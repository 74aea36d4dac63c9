import type { Sql } from '../../sql/database/database.ts';
import { findRun } from '../../sql/runs/find.ts';
import { isOver, type Run } from '../../sql/runs/rows.ts';

const MOST_SECONDS = 60;

/** The seconds of `Prefer: wait=SECONDS` (RFC 7240), at most 60. What cannot be read is not preferred: 0. */
export function preferredWait(prefer = ''): number {
  const [, seconds] = /(?:^|[,;\s])wait\s*=\s*"?(\d{1,6})"?/i.exec(prefer) ?? [];
  return Math.min(Number(seconds ?? 0), MOST_SECONDS);
}

/** The run once it is over, or as it is after `seconds` or when nobody waits any more. Looks often at first, then twice a second. */
export async function waitForRun(db: Sql, run: Run, seconds: number, isWaiting: () => boolean = () => true): Promise<Run> {
  const deadline = Date.now() + seconds * 1_000;
  let latest = run;
  for (let pause = 20; !isOver(latest) && isWaiting() && Date.now() < deadline; pause = Math.min(pause * 2, 500)) {
    await new Promise((next) => setTimeout(next, Math.min(pause, deadline - Date.now())));
    latest = (await findRun(db, run.id)) ?? latest;
  }
  return latest;
}
