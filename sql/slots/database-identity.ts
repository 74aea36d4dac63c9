import { sql } from '../database/database.ts';

/**
 * Which book this is, as text without blank or comma: the cluster, its timeline, the database and the table of bookings. Restarts
 * and upgrades of the program keep it. A new cluster changes it, a recovery or promotion (which may have lost transactions), a
 * database restored under any name, and a dump restored over the tables that were there. Nothing that a dump carries would do.
 */
export const databaseIdentity = sql.fragment`(
  select concat_ws('.', system_identifier,
    case when pg_is_in_recovery() then 'recovering' else left(pg_walfile_name(pg_current_wal_lsn()), 8) end,
    (select oid from pg_database where datname = current_database()), 'bookings'::regclass::oid)
  from pg_control_system())`;
