import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';

/** The last row looked at, in the order of a day and an id; null before the first. */
export type Position = readonly [day: string, id: number] | null;

/** Rows after a place, in the order of (day, id). */
export const after = (place: Position, day: ReturnType<typeof sql.fragment>, id: ReturnType<typeof sql.fragment>) =>
  place === null ? sql.fragment`true` : sql.fragment`(${day}, ${id}) > (${place[0]}::date, ${place[1]}::int)`;

/**
 * What a night renews (D24): it renews itself, it ends on the night's day or has ended up to seven days before, it is neither
 * renewed yet nor called off, and not frozen on the day. Expired ones belong here too: a night that comes late finds them so.
 */
export const isDue = (date: string) => sql.fragment`
  held.is_auto_renew and held.status <> 'cancelled' and held.end_date between ${date}::date - 7 and ${date}::date
  and (held.freeze_start_date is null or ${date}::date not between held.freeze_start_date and held.freeze_end_date)
  and not exists (select from student_subscriptions next where next.renewed_from_id = held.id)`;

const dueRow = z.object({ id: z.int(), end_date: z.iso.date(), student_id: z.int(), payer_id: z.int() });

/** The next subscriptions a night may have to renew; decided once their students are locked. */
export const nextDue = (db: Sql, date: string, place: Position, limit: number) =>
  db.any(sql.type(dueRow)`${dueInOrder(date, place, limit)}`);

export const dueInOrder = (date: string, place: Position, limit: number) => sql.fragment`
  select held.id, held.end_date, held.student_id, student.payer_id
  from student_subscriptions held join students student on student.id = held.student_id
  where ${isDue(date)} and ${after(place, sql.fragment`held.end_date`, sql.fragment`held.id`)}
  order by held.end_date, held.id limit ${limit}`;
