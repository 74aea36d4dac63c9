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
 * Opens the one pool of a process.
 * Instants arrive as ISO strings in UTC, dates as `YYYY-MM-DD`, both within the years 1 to 9999, int8 as numbers (or an error,
 * never a rounded value), numeric as text.
 * @param url where PostgreSQL is
 * @param options.max connections at most; a run holds one for as long as it lasts
 * @param options.name what `pg_stat_activity` calls this process
 * @param options.forLife connections are kept however old they are; otherwise they are replaced after half an hour
 */
export function openDatabase(url: string, options: { max?: number; name?: string; forLife?: boolean } = {}): Promise<Database> {
  const address = new URL(url);
  address.searchParams.set('application_name', options.name ?? 'studio-fleet');
  return createPool(address.href, {
    maxPoolSize: options.max ?? 5,
    connectionTimeout: 3_000,
    connectionRetryLimit: 1,
    idleTimeout: 60_000,
    idleInTransactionSessionTimeout: 30_000,
    ...(options.forLife ? { maximumConnectionAge: 'DISABLE_TIMEOUT' as const } : {}),
    // Nothing here changes a session's settings and advisory locks are given back by name, so a released connection is clean.
    resetConnection: async () => {},
    interceptors: [checkRows],
    typeParsers: [
      { name: 'int8', parse: wholeNumber },
      { name: 'numeric', parse: (text) => text },
      { name: 'date', parse: readDay },
      { name: 'timestamptz', parse: readInstant },
    ],
  });
}
