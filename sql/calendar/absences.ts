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
  filter: { specialistId?: number; endsAfter?: string; whose?: Whose; after: number; limit: number },
) =>
  db.any(sql.type(absenceRow)`
    select ${columns} from specialist_absences
    where (${filter.specialistId ?? null}::int is null or specialist_id = ${filter.specialistId ?? null})
      and (${filter.endsAfter ?? null}::timestamptz is null or to_at > ${filter.endsAfter ?? null}::timestamptz) and id > ${filter.after}
      and ${isAmong(filter.whose ?? EVERYTHING, 'absence', 'specialist_absences')}
    order by id limit ${filter.limit}`);

export const findAbsence = (db: Sql, id: number) =>
  db.maybeOne(sql.type(absenceRow)`select ${columns} from specialist_absences where id = ${id}`);

export const enterAbsence = (db: Sql, absence: { specialistId: number; fromAt: string; toAt: string; reason: string | null }) =>
  db.one(sql.type(absenceRow)`
    insert into specialist_absences (specialist_id, from_at, to_at, reason)
    values (${absence.specialistId}, ${absence.fromAt}::timestamptz, ${absence.toAt}::timestamptz, ${absence.reason}) returning ${columns}`);

export const changeAbsence = (db: Sql, absence: z.output<typeof absenceRow>) =>
  db.one(sql.type(absenceRow)`
    update specialist_absences set from_at = ${absence.from_at}::timestamptz, to_at = ${absence.to_at}::timestamptz, reason = ${absence.reason}
    where id = ${absence.id} returning ${columns}`);

export async function deleteAbsence(db: Sql, id: number): Promise<boolean> {
  const { rowCount } = await db.query(sql.unsafe`delete from specialist_absences where id = ${id}`);
  return rowCount > 0;
}
