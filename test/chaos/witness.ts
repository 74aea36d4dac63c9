import { z } from 'zod';
import { type Sql, sql } from '../../sql/database/database.ts';

/** Notes in the database, in the transaction of whoever does it, when a run is taken, ended or handed back; in their order. */
export const WITNESS = `
  create schema chaos;
  create table chaos.turns (
    n bigint generated always as identity primary key, run_id integer not null, process_type text not null, run_key text not null,
    status text not null
  );
  create function chaos.note_turn() returns trigger language plpgsql security definer as $$ begin
    insert into chaos.turns (run_id, process_type, run_key, status) values (new.id, new.process_type, new.run_key, new.status);
    return null;
  end $$;
  create trigger chaos_notes after update of status on automated_process_history
    for each row execute function chaos.note_turn();`;

const named = z.object({ what: z.string() });

/**
 * Runs of one process that were executed at the same time: one was taken while another one went on, which ended well afterwards
 * without having been taken again, and so had its lock all along.
 */
export const runsAtOnce = (db: Sql) =>
  db.anyFirst(sql.type(named)`
    with turn as (
      select *, lead(n) over (partition by run_id order by n) as next_n, lead(status) over (partition by run_id order by n) as next_status
      from chaos.turns
    ), whole as (select * from turn where status = 'running' and next_status in ('success', 'partial'))
    select format('doubled: the run %s (%s) was executed while %s (%s) was', other.run_id, other.run_key, one.run_id, one.run_key) as what
    from whole one join chaos.turns other
      on other.status = 'running' and other.process_type = one.process_type and other.run_id <> one.run_id
        and other.n > one.n and other.n < one.next_n
    order by other.n limit 20`);

/** Runs that were made twice for one request of the timetable or of callers. */
export const twins = (db: Sql) =>
  db.anyFirst(sql.type(named)`
    select format('doubled: the attempt %s of %s is there %s times', attempt, run_key, count(*)) as what
    from automated_process_history group by process_type, run_key, attempt having count(*) > 1 limit 20`);
