import { BackendTerminatedError, BackendTerminatedUnexpectedlyError, ConnectionError } from 'slonik';

const CODES = /^(08\w{3}|57P0[1-3]|53300|E(CONNREFUSED|CONNRESET|PIPE|TIMEDOUT|HOSTUNREACH|NETUNREACH|NOTFOUND))$/;

/**
 * True when an error says that the database is away, not that the statement was wrong:
 * such work is simply tried again once it is back. Looks through causes.
 */
export function isOutage(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (error instanceof BackendTerminatedError || error instanceof BackendTerminatedUnexpectedlyError) return true;
  if (error instanceof ConnectionError) return true;
  if (CODES.test((error as { code?: string }).code ?? '')) return true;
  if (/connection (terminated|timeout|timed out)|timeout exceeded when trying to connect/i.test(error.message)) return true;
  return isOutage(error.cause);
}
