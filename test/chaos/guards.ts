import { sql } from '../../sql/database/database.ts';

/** What the database of a chaos fleet can be robbed of, to see that chaos notices and says what was lost or doubled. */
export const guards = {
  /** Answers are not kept under their idempotency key. */
  answers: sql.unsafe`
    do $$ begin
      create function guard_gone() returns trigger language plpgsql as 'begin return null; end';
      create trigger guard_gone before insert on idempotency_keys for each row execute function guard_gone();
    end $$`,
  /** Runs and requests whose job is gone are not enqueued again. */
  enqueueing: sql.unsafe`
    do $$ begin
      create function guard_gone() returns trigger language plpgsql as 'begin return null; end';
      create trigger guard_gone before update of rings on automated_process_history for each row
        when (new.rings > old.rings) execute function guard_gone();
      create trigger guard_gone before update of rings on finance_requests for each row
        when (new.rings > old.rings) execute function guard_gone();
    end $$`,
  /** Balances do not follow their transactions. */
  balances: sql.unsafe`drop trigger wallets_follow on wallet_transactions`,
  /** Nothing keeps people and rooms from being in two places at once. */
  calendar: sql.unsafe`
    do $$ begin
      alter table occupancies drop constraint person_is_elsewhere, drop constraint room_is_taken;
      create or replace function refuse_what_meets(
        new_capacity text, person integer, room integer, new_during tstzrange, training integer, booking integer
      ) returns void language plpgsql as 'begin end';
    end $$`,
  /** A message is not marked as sent. */
  marks: sql.unsafe`
    do $$ begin
      create function guard_gone() returns trigger language plpgsql as 'begin new.status := old.status; new.sent_at := old.sent_at; return new; end';
      create trigger guard_gone before update on notifications for each row
        when (new.status = 'sent' and old.status = 'pending') execute function guard_gone();
    end $$`,
};
export type Guard = keyof typeof guards;
