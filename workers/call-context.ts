import type { Scope } from '../queues/jobs/scopes.ts';
import type { Fleet } from '../queues/process/fleet.ts';
import type { Sql } from '../sql/database/database.ts';

/** Who asks: a name (a key's, or `person:ID`), what may be done under it, and the person, if it is one. */
export type Caller = { name: string; scopes: readonly Scope[]; personId?: number };

/** What a rule gets beside its input, whichever front door it is called through. */
export type CallContext = {
  /** A transaction where the caller's writes stand or fall together. */
  db: Sql;
  fleet: Pick<Fleet, 'db' | 'backend' | 'settings'>;
  caller: Caller;
  /** `now` of the request, read once. */
  now: Date;
};
