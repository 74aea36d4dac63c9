import { z } from 'zod';
import { EVERYTHING, isAmong, type Whose } from '../auth/whose.ts';
import { type Sql, sql } from '../database/database.ts';

/** Somebody's time in a group: inclusive business days, `to_date` null for good. */
export const memberRow = z.object({
  id: z.int(),
  group_id: z.int(),
  student_id: z.int(),
  student: z.string(),
  from_date: z.iso.date(),
  to_date: z.iso.date().nullable(),
});

const members = sql.fragment`
  select member.id, group_id, student_id, concat_ws(' ', first_name, nullif(last_name, '')) as student, from_date, to_date
  from group_members member join users on users.id = student_id`;

export const groupName = (db: Sql, id: number) =>
  db.maybeOneFirst(sql.type(z.object({ name: z.string() }))`select name from groups where id = ${id}`);

/** A group's members of a business day or, without one, of all time, after a cursor. */
export const listMembers = (db: Sql, of: { groupId: number; on?: string; whose?: Whose; after: number; limit: number }) =>
  db.any(sql.type(memberRow)`
    ${members}
    where group_id = ${of.groupId} and member.id > ${of.after} and ${isAmong(of.whose ?? EVERYTHING, 'member', 'member')}
      and (${of.on ?? null}::date is null or ${of.on ?? null}::date between from_date and coalesce(to_date, 'infinity'))
    order by member.id limit ${of.limit}`);

export const joinGroup = (db: Sql, of: { groupId: number; studentId: number; from: string; to: string | null }) =>
  db.one(sql.type(memberRow)`
    with member as (
      insert into group_members (group_id, student_id, from_date, to_date)
      values (${of.groupId}, ${of.studentId}, ${of.from}::date, ${of.to}::date) returning *
    )
    select member.id, group_id, student_id, concat_ws(' ', first_name, nullif(last_name, '')) as student, from_date, to_date
    from member join users on users.id = student_id`);

/**
 * Ends a student's time in a group with a last day: a time that is under way then ends with it, one that begins later never begins.
 * Returns how many there were.
 */
export async function leaveGroup(db: Sql, of: { groupId: number; studentId: number; lastDay: string }): Promise<number> {
  const gone = await db.query(sql.unsafe`
    delete from group_members where group_id = ${of.groupId} and student_id = ${of.studentId} and from_date > ${of.lastDay}::date`);
  const ended = await db.query(sql.unsafe`
    update group_members set to_date = ${of.lastDay}::date
    where group_id = ${of.groupId} and student_id = ${of.studentId} and from_date <= ${of.lastDay}::date
      and coalesce(to_date, 'infinity') > ${of.lastDay}::date`);
  return gone.rowCount + ended.rowCount;
}

/** The templates that name a group. */
export const templatesOfGroup = (db: Sql, groupId: number) =>
  db.anyFirst(sql.type(z.object({ id: z.int() }))`select id from training_templates where group_id = ${groupId} order by id`);
