import { z } from 'zod';
import { type Sql, sql } from '../database.ts';
import { planned } from './planned.ts';
import type { Conflict } from './trainings.ts';
import type { Week } from './window.ts';

/** Pairs of templates, the earlier one first in the order of D5, that meet in time and have a student in common. */
export const sharedStudents = (db: Sql, week: Week, templateIds: number[]) =>
  db.any(sql.type(z.object({ earlier: z.int(), later: z.int() }))`
    with plan as materialized (
      select training_template_id, starts_at, ends_at, row_number() over (order by day_number, start_time, training_template_id) as n
      from (${planned(week, templateIds)}) planned
    ), meeting as materialized (
      select first.training_template_id as earlier, second.training_template_id as later
      from plan first join plan second on first.n < second.n
        and first.starts_at < second.ends_at and second.starts_at < first.ends_at
    )
    select distinct earlier, later
    from meeting
    join training_student_templates one on one.training_template_id = earlier
    join training_student_templates other on other.training_template_id = later and other.student_id = one.student_id
    order by later, earlier`);

const outcomeRow = z.object({
  reason: z.enum(['added', 'full', 'student_busy', 'student_inactive', 'student_gone', 'no_places']),
  training_template_id: z.int(),
  real_training_id: z.int(),
  training_date: z.iso.date(),
  start_time: z.string(),
  training_type: z.string(),
  student_id: z.int().nullable(),
  student: z.string().nullable(),
  students: z.int(),
});
export type Warning = Omit<z.output<typeof outcomeRow>, 'students'> | Conflict;

/**
 * Seats the eligible students of the given templates' trainings, whoever was linked first before the others, until the
 * places are gone (D6, D7, D9). Nobody is displaced and no registration that exists, cancelled or not, is touched.
 * The templates must not share a student at the same time: see waves.
 * A student deleted by someone else in this very moment is passed over with a warning.
 */
export async function registerStudents(db: Sql, week: Week, templateIds: number[], runId: number | null) {
  const rows = await db.any(sql.type(outcomeRow)`
    with training as materialized (
      select made.id, made.training_template_id, made.training_date, made.start_time, made.starts_at, made.ends_at,
        made.max_participants, planned.training_type, planned.is_subscription_only,
        made.max_participants - (
          select count(*) from real_training_students seat
          where seat.real_training_id = made.id and seat.status in ('REGISTERED', 'PRESENT', 'ABSENT')
        ) as places
      from (${planned(week, templateIds)}) planned
      join real_trainings made
        on made.training_template_id = planned.training_template_id and made.training_date = planned.training_date
      where made.status = 'scheduled'
    ), eligible as materialized (
      select training.id as training_id, link.id as link_id, link.student_id, link.start_date
      from training
      join training_student_templates link on link.training_template_id = training.training_template_id
      where not link.is_frozen and link.start_date <= training.training_date
        and not exists (
          select from real_training_students seat
          where seat.real_training_id = training.id and seat.student_id = link.student_id)
        and not exists (
          select from student_subscriptions held
          where held.student_id = link.student_id and held.status in ('active', 'frozen')
            and training.training_date between held.freeze_start_date and held.freeze_end_date)
        and (not training.is_subscription_only or exists (
          select from student_subscriptions held
          where held.student_id = link.student_id and held.status in ('active', 'frozen')
            and training.training_date between held.start_date and held.end_date
            and (held.sessions_left is null or held.sessions_left > 0 or held.is_auto_renew)))
    ), still_there as materialized (
      select id from students where id in (select student_id from eligible) order by id for key share
    ), meeting as materialized (
      select training.id as training_id, other.id as other_id
      from training
      join real_trainings other on other.starts_at > training.starts_at - interval '1 day'
        and other.starts_at < training.ends_at and other.ends_at > training.starts_at
        and other.status <> 'cancelled' and other.id <> training.id
    ), busy as materialized (
      select distinct eligible.training_id, eligible.student_id
      from eligible
      join meeting using (training_id)
      join real_training_students seat on seat.real_training_id = meeting.other_id and seat.student_id = eligible.student_id
      where seat.status in ('REGISTERED', 'PRESENT')
    ), judged as materialized (
      select eligible.*, case
          when still_there.id is null then 'student_gone'
          when not person.is_active then 'student_inactive'
          when busy.student_id is not null then 'student_busy'
        end as obstacle
      from eligible
      left join still_there on still_there.id = eligible.student_id
      left join users person on person.id = eligible.student_id
      left join busy on busy.training_id = eligible.training_id and busy.student_id = eligible.student_id
    ), queue as materialized (
      select training_id, student_id, row_number() over (partition by training_id order by start_date, link_id) as place
      from judged where obstacle is null
    ), seated as (
      insert into real_training_students (real_training_id, student_id, run_id)
      select training_id, student_id, ${runId}::int
      from queue join training on training.id = training_id
      where place <= places
      order by training_id, place
      returning real_training_id, student_id
    ), outcome as (
      select training_id, obstacle as reason, student_id, 1 as students from judged where obstacle is not null
      union all
      select training_id, 'full', student_id, 1 from queue join training on training.id = training_id where place > places
      union all
      select id, 'no_places', null, 0 from training where max_participants = 0
      union all
      select real_training_id, 'added', null, count(*)::int from seated group by real_training_id
    )
    select reason, training.training_template_id, training.id as real_training_id, training_date, start_time, training_type,
      student_id, nullif(concat_ws(' ', person.first_name, nullif(person.last_name, '')), '') as student, students
    from outcome
    join training on training.id = outcome.training_id
    left join users person on person.id = outcome.student_id
    order by training_date, start_time, training.id, student_id nulls first`);
  const added = rows.filter((row) => row.reason === 'added').reduce((sum, row) => sum + row.students, 0);
  const warnings: Warning[] = rows.filter((row) => row.reason !== 'added').map(({ students: _, ...warning }) => warning);
  return { added, warnings };
}
