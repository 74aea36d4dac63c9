/** Answers as `body` says whatever is written to a table, before it is. */
const before = (event: string, table: string, body: string, when = 'true') => `
  create or replace function guard_gone_${table}() returns trigger language plpgsql as 'begin ${body} end';
  create trigger guard_gone before ${event} on ${table} for each row when (${when}) execute function guard_gone_${table}();`;

/**
 * What the database of a chaos fleet can be robbed of, to see that chaos notices and says what was lost or doubled.
 */
const gone = {
  /** A unique key: of one run there may be two attempts at once. */
  twins: `
    drop index one_live_run;
    alter table automated_process_history drop constraint one_attempt;`,
  /** A lock: runs of one process do not exclude each other. */
  lock: `
    create schema guard_gone;
    create function guard_gone.pg_try_advisory_lock(integer, integer) returns boolean language sql as 'select true';
    grant usage on schema guard_gone to studio;
    alter role studio set search_path = guard_gone, public, pg_catalog;`,
  /** Runs whose job is gone are not enqueued again. */
  enqueueing: before('update of rings', 'automated_process_history', 'return null;', 'new.rings > old.rings'),
  /** Requests whose job is gone are not enqueued again. */
  requests: before('update of rings', 'finance_requests', 'return null;', 'new.rings > old.rings'),
  /** The lease of whoever sends a message: neither it nor its chat is held meanwhile. */
  lease: `
    ${before('update', 'notifications', 'new.send_after := old.send_after; return new;', 'new.attempts > old.attempts')}
    ${before('insert or update', 'telegram_chats', 'new.held_until := null; return new;')}`,
  /** A limit: a chat need not rest between two messages. */
  limit: before('update', 'telegram_chats', 'new.free_at := least(new.free_at, now()); return new;'),
  /** The calendar's exclusion, and what it says of who is where: nothing keeps people and rooms from being in two places at once. */
  calendar: `
    alter table occupancies drop constraint person_is_elsewhere, drop constraint room_is_taken;
    create or replace function what_meets(
      new_capacity text, person integer, room integer, new_during tstzrange, training integer, booking integer
    ) returns table (words text, rule text, is_held boolean) language sql stable as 'select null::text, null::text, false where false';
    create or replace function refuse_what_meets(
      new_capacity text, person integer, room integer, new_during tstzrange, training integer, booking integer
    ) returns void language plpgsql as 'begin end';`,
  /** A message is not marked as sent. */
  marks: before(
    'update',
    'notifications',
    'new.status := old.status; new.sent_at := old.sent_at; return new;',
    `new.status = 'sent' and old.status = 'pending'`,
  ),
  /** Answers are not kept under their idempotency key. */
  answers: before('insert', 'idempotency_keys', 'return null;'),
  /** Balances do not follow their transactions. */
  balances: 'drop trigger wallets_follow on wallet_transactions;',
} as const;
export type Guard = keyof typeof gone;
export const guards = Object.keys(gone) as Guard[];

/** The faults that bring to light that a guard is gone; for most of them load is enough. */
const shownBy: Partial<Record<Guard, string>> = {
  enqueueing: 'the queue emptied',
  requests: 'the queue emptied',
  answers: 'kill -9 of a process',
};
export const faultsFor = (guard: Guard) => shownBy[guard] ?? 'Telegram in trouble';

/** The statements that take a guard away, and end the fleet's connections: each opens new ones. */
export const without = (guard: Guard) =>
  `${gone[guard]} select pg_terminate_backend(pid) from pg_stat_activity where usename = 'studio'`;
