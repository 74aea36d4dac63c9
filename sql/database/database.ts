import {
  type CommonQueryMethods,
  createPool,
  type DatabasePool,
  type FragmentSqlToken,
  type Interceptor,
  SchemaValidationError,
  sql,
} from 'slonik';
import { readDay, readInstant } from './read-time.ts';
import { statementTracing } from './tracing.ts';
import { watchedDriver } from './watched-driver.ts';

export { sql };
export type Database = DatabasePool;
/** Whatever can run a statement: the pool, one connection, or a transaction. */
export type Sql = CommonQueryMethods;
/** A value as it stands in a statement: itself, or the column of a row that has it. */
export type In<T> = T | FragmentSqlToken;

/** Rows are checked against the statement's zod type as they arrive; a row that does not fit throws SchemaValidationError. */
const checkRows: Interceptor = {
  name: 'check-rows',
  transformRow: ({ resultParser }, query, row) => {
    if (!resultParser) return row;
    const result = resultParser['~standard'].validate(row);
    if (result instanceof Promise) throw new TypeError('row types must be synchronous');
    if (result.issues) throw new SchemaValidationError(query, row as never, result.issues);
    return result.value as typeof row;
  },
};

const wholeNumber = (text: string) => {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new RangeError(`${text} is beyond what a number can hold exactly`);
  return value;
};

/**
 * What a statement may take, and getting a connection. The server ends it then; a server that does not answer even to that is
 * taken for away a little later.
 */
export type Limits = { statementMs: number; lockMs?: number; connectMs?: number };
const USUAL: Limits = { statementMs: 60_000 };
/** So much longer than the server's own limit the answer may be on its way. */
const ON_ITS_WAY_MS = 3_000;

/**
 * How the server notices that whoever holds a connection is gone without a word, so that locks do not outlive their holder: a client
 * that acknowledges nothing for 20 s, idle or not. Other systems than Linux, and local sockets, ignore what they do not know.
 */
const WATCHED_BY_SERVER =
  '-c tcp_keepalives_idle=10 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=2 -c tcp_user_timeout=20000';

export type DatabaseOptions = { max?: number; name?: string; forLife?: boolean; limits?: Limits };

/**
 * Opens the one pool of a process.
 * Instants arrive as ISO strings in UTC, dates as `YYYY-MM-DD`, both within the years 1 to 9999, int8 as numbers (or an error,
 * never a rounded value), numeric as text.
 * @param url where PostgreSQL is
 * @param options.max connections at most; a run holds one for as long as it lasts
 * @param options.name what `pg_stat_activity` calls this process
 * @param options.forLife connections are kept however old they are; otherwise they are replaced after half an hour
 * @param options.limits milliseconds a statement may take in all, wait for each lock (by default as long as it may take), and
 *   getting a connection may take
 */
export function openDatabase(url: string, options: DatabaseOptions = {}): Promise<Database> {
  const { statementMs, lockMs, connectMs = 3_000 } = options.limits ?? USUAL;
  const address = new URL(url);
  const own = address.searchParams.get('options') ?? '';
  address.searchParams.set('application_name', options.name ?? 'studio-fleet');
  address.searchParams.set('options', `${WATCHED_BY_SERVER} ${lockMs ? `-c lock_timeout=${lockMs}` : ''} ${own}`.trim());
  return createPool(address.href, {
    maxPoolSize: options.max ?? 5,
    connectionTimeout: connectMs,
    connectionRetryLimit: 1,
    idleTimeout: 60_000,
    idleInTransactionSessionTimeout: 30_000,
    statementTimeout: statementMs,
    gracefulTerminationTimeout: 2_000,
    driverFactory: watchedDriver(statementMs + ON_ITS_WAY_MS),
    ...(options.forLife ? { maximumConnectionAge: 'DISABLE_TIMEOUT' as const } : {}),
    // Nothing here changes a session's settings and advisory locks are given back by name, so a released connection is clean.
    resetConnection: async () => {},
    interceptors: [checkRows, ...statementTracing()],
    typeParsers: [
      { name: 'int8', parse: wholeNumber },
      { name: 'numeric', parse: (text) => text },
      { name: 'date', parse: readDay },
      { name: 'timestamptz', parse: readInstant },
    ],
  });
}
