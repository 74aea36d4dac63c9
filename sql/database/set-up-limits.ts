/**
 * For a connection that is opened for a moment, beside the pools: to set up a role, count rows or empty the queues. A server that does
 * not answer, or a network that swallows what is sent, ends it. Counting every row of a large studio takes minutes.
 */
export const SET_UP_LIMITS = {
  connectionTimeoutMillis: 10_000,
  keepAlive: true,
  statement_timeout: 600_000,
  query_timeout: 605_000,
  idle_in_transaction_session_timeout: 30_000,
} as const;
