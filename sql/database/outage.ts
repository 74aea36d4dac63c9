import {
  BackendTerminatedError,
  BackendTerminatedUnexpectedlyError,
  ConnectionError,
  IdleTransactionTimeoutError,
  StatementTimeoutError,
} from 'slonik';

const CLASSES = [BackendTerminatedError, BackendTerminatedUnexpectedlyError, ConnectionError, IdleTransactionTimeoutError];
const CODES = /^(08\w{3}|25(006|P03)|57P0[1235]|53300|E(CONNREFUSED|CONNRESET|PIPE|TIMEDOUT|HOSTUNREACH|NETUNREACH|NOTFOUND))$/;
/** What pg and slonik say, without a code, of a connection that is gone. */
const MESSAGES =
  /connection (terminated|timeout|timed out)|timeout exceeded when trying to connect|query read timeout|not queryable|^client is (pending destroy|destroyed)/i;

/**
 * True when an error says that the database, or this connection to it, is away, not that the statement was wrong:
 * such work is simply tried again once it is back. Looks through causes.
 */
export function isOutage(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (CLASSES.some((known) => error instanceof known)) return true;
  if (CODES.test((error as { code?: string }).code ?? '')) return true;
  return MESSAGES.test(error.message) || isOutage(error.cause);
}

/** Codes of Node begin with an E, those of PostgreSQL never do. */
const SQLSTATE = /^(?!E)[0-9A-Z]{5}$/;
const stateOf = (error: unknown): string | undefined => {
  if (!(error instanceof Error)) return undefined;
  const { code } = error as { code?: unknown };
  return typeof code === 'string' && SQLSTATE.test(code) ? code : stateOf(error.cause);
};

/** True when the database itself has refused a statement, so that nothing of it was done. After any other error nobody knows. */
export const isRefused = (error: unknown) => !isOutage(error) && stateOf(error) !== undefined;

/** True when it has refused a row because of another one that it would meet (an exclusion constraint, or its like). */
export const isExclusion = (error: unknown) => stateOf(error) === '23P01';

/** True when it has refused one because others kept it waiting for a lock (`lock_timeout`). */
export const isLockTimeout = (error: unknown) => stateOf(error) === '55P03';

/**
 * What it says of somebody for whom something was to be written, and whose record was merged into another one's; undefined: nothing of the
 * kind. Whoever had read the old number before is repeated first.
 */
export function mergedPerson(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  return (error as { constraint?: unknown }).constraint === 'person_is_merged' ? error.message : mergedPerson(error.cause);
}

/** True when it takes no writes (any more): it follows another server. */
export const takesNoWrites = (error: unknown) => stateOf(error) === '25006';

/** True when it has ended one that took longer than it may (`statement_timeout`). */
export const isStatementTimeout = (error: unknown): boolean =>
  error instanceof StatementTimeoutError || (error instanceof Error && isStatementTimeout(error.cause));
