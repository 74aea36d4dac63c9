import { type Sql, sql } from '../database/database.ts';

/** Takes the calendars of some specialists for the transaction, in one order, so that two who book with the same people do not block each other. */
export const lockSpecialists = (transaction: Sql, specialistIds: readonly number[]) =>
  transaction.query(sql.unsafe`select lock_calendars(${sql.array([...specialistIds], 'int4')}, '{}')`);
