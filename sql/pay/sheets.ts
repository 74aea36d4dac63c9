import { z } from 'zod';
import { isAmong, type Whose } from '../auth/whose.ts';
import { type Sql, sql } from '../database/database.ts';
import { lineRow, payoutRow, sheetRow } from './rows.ts';

/** Only one month is closed, and one sum paid out, at a time. Taken before anything else is read. */
export const lockPay = (transaction: Sql) => transaction.query(sql.unsafe`lock table pay_sheets in share row exclusive mode`);

/** The first month that was closed for anybody. */
export const firstClosed = (db: Sql) =>
  db.oneFirst(sql.type(z.object({ month: z.iso.date().nullable() }))`select min(month) as month from pay_sheets`);

export const findSheet = (db: Sql, trainerId: number, month: string) =>
  db.maybeOne(sql.type(sheetRow)`
    select id, trainer_id, month, total_minor, closed_by, closed_at from pay_sheets where trainer_id = ${trainerId} and month = ${month}::date`);

export const linesOfSheet = (db: Sql, sheetId: number) =>
  db.any(sql.type(lineRow)`
    select sheet.trainer_id, kind, source_id, day, is_correction, rate_id, quantity, base_minor, before_minor, amount_minor, basis
    from pay_lines join pay_sheets sheet on sheet.id = sheet_id where sheet_id = ${sheetId} order by pay_lines.id`);

const trainer = z.object({
  trainer_id: z.int(),
  trainer: z.string(),
  is_active: z.boolean(),
  /** The last day of trainings of the month that are neither held nor cancelled. */
  unfinished: z.int(),
  sheet_total_minor: z.int().nullable(),
  corrections_minor: z.int(),
  closed_at: z.iso.datetime().nullable(),
  closed_by: z.string().nullable(),
  last_month: z.iso.date().nullable(),
  /** What closed sheets came to and was not paid out yet. */
  owed_minor: z.int(),
});

/** Trainers, with their closed sheet of a month where there is one, and what closed sheets still owe them. @param month its first day */
export const listTrainers = (db: Sql, of: { month: string; trainerId?: number; whose: Whose }) =>
  db.any(sql.type(trainer)`
    select specialists.id as trainer_id, concat_ws(' ', first_name, nullif(last_name, '')) as trainer, is_active,
      (select count(*) from real_trainings held where held.trainer_id = specialists.id and held.status = 'scheduled'
        and training_date between ${of.month}::date and (${of.month}::date + interval '1 month')::date - 1)::int as unfinished,
      sheet.total_minor as sheet_total_minor,
      coalesce((select sum(amount_minor) from pay_lines where sheet_id = sheet.id and is_correction), 0)::int8 as corrections_minor,
      sheet.closed_at, sheet.closed_by,
      (select max(month) from pay_sheets last where last.trainer_id = specialists.id) as last_month,
      (coalesce((select sum(total_minor) from pay_sheets all_of where all_of.trainer_id = specialists.id), 0)
        - coalesce((select sum(amount_minor) from pay_payouts where pay_payouts.trainer_id = specialists.id), 0))::int8 as owed_minor
    from specialists join users using (id)
    left join pay_sheets sheet on sheet.trainer_id = specialists.id and sheet.month = ${of.month}::date
    where ${isAmong(of.whose, 'specialist', 'specialists')} and (${of.trainerId ?? null}::int is null or specialists.id = ${of.trainerId ?? null}::int)
    order by trainer, specialists.id`);

const standing = z.object({
  source_id: z.int(),
  training_type: z.string(),
  starts_at: z.iso.datetime(),
  is_substitute: z.boolean(),
});
/** What trainings are called and when they begin, by id. */
export const trainingsOf = (db: Sql, ids: readonly number[]) =>
  db.any(sql.type(standing)`
    select training.id as source_id, type.name as training_type, starts_at, regular_trainer_id is not null as is_substitute
    from real_trainings training join training_types type on type.id = training_type_id
    where training.id = any(${sql.array([...ids], 'int4')})`);

const seat = z.object({ registration_id: z.int(), student_id: z.int(), student: z.string(), status: z.string() });
/** Whose registrations these are, and how they stand now. */
export const countedSeats = (db: Sql, ids: readonly number[]) =>
  db.any(sql.type(seat)`
    select place.id as registration_id, student_id, concat_ws(' ', first_name, nullif(last_name, '')) as student, place.status
    from real_training_students place join users on users.id = student_id where place.id = any(${sql.array([...ids], 'int4')})`);

export const insertPayout = (
  transaction: Sql,
  of: { trainerId: number; amountMinor: number; method: string; by: string; personId: number | null },
) =>
  transaction.one(sql.type(payoutRow)`
    insert into pay_payouts (trainer_id, amount_minor, method, person_id, created_by)
    values (${of.trainerId}, ${of.amountMinor}, ${of.method}, ${of.personId}, ${of.by})
    returning id, trainer_id, amount_minor, method, created_by, created_at`);

/** What was paid out to a trainer, the newest first. */
export const listPayouts = (db: Sql, trainerId: number) =>
  db.any(sql.type(payoutRow)`
    select id, trainer_id, amount_minor, method, created_by, created_at from pay_payouts where trainer_id = ${trainerId} order by id desc limit 500`);
