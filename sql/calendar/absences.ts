import { z } from 'zod';
import { EVERYTHING, isAmong, type Whose } from '../auth/whose.ts';
import { type Sql, sql } from '../database/database.ts';

export const absenceRow = z.object({
  id: z.int(),
  specialist_id: z.int(),
  from_at: z.iso.datetime(),
  to_at: z.iso.datetime(),
  reason: z.string().nullable(),
});

const columns = sql.fragment`id, specialist_id, from_at, to_at, reason`;

/** Absences that end after an instant, by id. */
export const listAbsences = (
  db: Sql,
  of: { specialistId?: number; endsAfter?: string; whose?: Whose; after: number; limit: number },
) =>
  db.any(sql.type(absenceRow)`
    select ${columns} from specialist_absences
    where (${of.specialistId ?? null}::int is null or specialist_id = ${of.specialistId ?? null})
      and (${of.endsAfter ?? null}::timestamptz is null or to_at > ${of.endsAfter ?? null}::timestamptz) and id > ${of.after}
      and ${isAmong(of.whose ?? EVERYTHING, 'absence', 'specialist_absences')}
    order by id limit ${of.limit}`);

export const findAbsence = (db: Sql, id: number) =>
  db.maybeOne(sql.type(absenceRow)`select ${columns} from specialist_absences where id = ${id}`);

export const enterAbsence = (db: Sql, of: { specialistId: number; fromAt: string; toAt: string; reason: string | null }) =>
  db.one(sql.type(absenceRow)`
    insert into specialist_absences (specialist_id, from_at, to_at, reason)
    values (${of.specialistId}, ${of.fromAt}::timestamptz, ${of.toAt}::timestamptz, ${of.reason}) returning ${columns}`);

export const changeAbsence = (db: Sql, of: z.output<typeof absenceRow>) =>
  db.one(sql.type(absenceRow)`
    update specialist_absences set from_at = ${of.from_at}::timestamptz, to_at = ${of.to_at}::timestamptz, reason = ${of.reason}
    where id = ${of.id} returning ${columns}`);

export async function deleteAbsence(db: Sql, id: number): Promise<boolean> {
  const { rowCount } = await db.query(sql.unsafe`delete from specialist_absences where id = ${id}`);
  return rowCount > 0;
}
