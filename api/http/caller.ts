import type { Scope } from '../../queues/jobs/scopes.ts';
import type { Role } from '../../sql/auth/sessions.ts';
import type { Locale } from '../../sql/database/locale.ts';
import type { CallContext } from '../../workers/call-context.ts';

/** What is asked for: a route, as far as permission goes. */
export type Asked = { method: string; path: string; scope: Scope | readonly [Scope, ...Scope[]] | null };

/** Who asks: a key, a person who signed in, or a visitor. */
export type Caller = CallContext['caller'] & {
  /** `#12` of a key (a name may be given again to another key), `person:17`, `visitor:NETWORK`. Shares and limits go by it. */
  id: string;
  /** Where it is a person. */
  person?: Person;
  isVisitor?: boolean;
  /** Of a key that is bound to a vending owner: it sees nothing else. */
  vendingOwnerId?: number;
  /** Whether the caller would be let in now: a key may be revoked, a session end, while the caller is being answered. */
  isStillLetIn(asked: Asked): Promise<boolean>;
  /** What is known of the caller has changed just now: the next request must not be answered by what was known before. */
  forget?(): void;
  /** The caller as one who would be let in now, with the rights of now, or null. For whoever stays for long and asks again. */
  renewed?(): Promise<Caller | null>;
};

/** Who signed in, beside what every caller is. */
export type Person = {
  id: number;
  first_name: string;
  last_name: string;
  locale: Locale | null;
  roles: readonly Role[];
  /** Students this person looks after. */
  children: readonly number[];
  /** Restock tasks are, or were of late, theirs to do. */
  refills: boolean;
  sessionId: number;
  /** May do nothing but set up a second factor. */
  isLimited: boolean;
};

/** What a request says of whoever sends it. */
export type Visit = {
  address: string;
  agent: string;
  /** The token of a session, by cookie or as `Authorization: Bearer`; null: none. */
  token: string | null;
  /** By a cookie, which a browser sends whoever asks it to. */
  isByCookie: boolean;
  /** The signed cookie of a browser that signed in before. */
  device: string | null;
  /** The signed cookie of a browser that comes back from Telegram; null: none. */
  flow?: string | null;
};
