import type { Fleet } from '../queues/process/fleet.ts';
import type { Sql } from '../sql/database/database.ts';

/** What a rule gets beside its input, whichever front door it is called through. */
export type CallContext = {
  /** A transaction where the caller's writes stand or fall together. */
  db: Sql;
  fleet: Fleet;
  /** Who asks, by name. */
  caller: { name: string };
  /** `now` of the request, read once. */
  now: Date;
};
