import { z } from 'zod';
import { occupied } from '../calendar/occupied.ts';
import { type Sql, sql } from '../database/database.ts';
import type { ClosedTraining } from './closed.ts';
import type { MovedTraining } from './moved.ts';
import type { OpenTraining, Unmade } from './trainings.ts';

/**
 * Pairs of templates, the earlier one first in the order of D5, whose trainings meet in time and have a student in common. It goes by
 * the trainings as they are: one that was moved meets others than its template does.
 * @param order the templates in the order of D5
 */
export const sharedStudents = (db: Sql, trainings: readonly OpenTraining[], order: readonly number[]) =>
  db.any(sql.type(z.object({ earlier: z.int(), later: z.int() }))`
    with plan as materialized (
      select * from ${sql.unnest(
        trainings.map((training) => [
          training.training_template_id,
          training.starts_at,
          training.ends_at,
          order.indexOf(training.training_template_id),
        ]),
        ['int4', 'timestamptz', 'timestamptz', 'int4'],
      )} as given (id, starts_at, ends_at, n)
    ), linked as materialized (
      select distinct training_template_id as id, student_id from standing_places
      where training_template_id in (select id from plan)
    ), shared as materialized (
      select distinct one.id, other.id as other_id from linked one join linked other using (student_id) where one.id <> other.id
    )
    select first.id as earlier, second.id as later
    from shared
    join plan first on first.id = shared.id
    join plan second on second.id = shared.other_id
    where first.n < second.n and first.starts_at < second.ends_at and second.starts_at < first.ends_at
    order by later, earlier`);

const outcomeRow = z.object({
  reason: z.enum(['added', 'full', 'student_busy', 'student_inactive', 'student_gone', 'renewal_unpaid', 'no_sessions']),
  training_id: z.int(),
  student_id: z.int().nullable(),
  student: z.string().nullable(),
  students: z.int(),
});

/** Why somebody has no seat in a training, or why a training has none at all. */
export type SeatWarning = {
  reason: Exclude<z.output<typeof outcomeRow>['reason'], 'added'> | 'no_places';
  training_template_id: number;
  real_training_id: number;
  training_date: string;
  start_time: string;
  training_type: string;
  student_id: number | null;
  student: string | null;
};
export type GenerationWarning = SeatWarning | Unmade | ClosedTraining | MovedTraining;

/**
 * Seats the eligible students of the given trainings, whoever was linked first before the others, until the places are
 * gone (D6, D7, D9): those with a standing place of their own, by a group, or by the schedule of a subscription, which seats no more than
 * the sessions that are left and not spoken for (R10, R11). Busy is who is anywhere else then: in another training, giving one, booked, a client, absent. Nobody is displaced and no registration that exists, cancelled or not, is touched.
 * The trainings must not share a student at the same time: see waves.
 * A student deleted by someone else in this very moment is passed over with a warning; so is one who would train on nothing but
 * a renewal that is unpaid and past its grace on the training's day. Who would pay by the visit, or has another subscription, is seated.
 * @param graceDays how long after its due date an unpaid renewal still counts
 */
export async function registerStudents(db: Sql, trainings: readonly OpenTraining[], graceDays: number, runId: number | null) {
  if (trainings.length === 0) return { added: 0, warnings: [] };
  const outcomes = await db.any(seatStatement(trainings, graceDays, runId));
  const byId = new Map(trainings.map((training) => [training.id, training]));
  const about = (id: number, reason: SeatWarning['reason'], who: Pick<SeatWarning, 'student_id' | 'student'>): SeatWarning => {
    const { training_template_id, training_date, start_time, training_type } = byId.get(id) as OpenTraining;
    return { reason, training_template_id, real_training_id: id, training_date, start_time, training_type, ...who };
  };
  const warnings = trainings
    .filter((training) => training.max_participants === 0)
    .map((training) => about(training.id, 'no_places', { student_id: null, student: null }));
  let added = 0;
  for (const { reason, training_id, student_id, student, students } of outcomes) {
    if (reason === 'added') added += students;
    else warnings.push(about(training_id, reason, { student_id, student }));
  }
  return { added, warnings };
}

// The trainings come as arrays, whose length the planner knows: it then hashes what it would else loop over
// (measured with 200 trainings and 4,000 links: 0.06 s against 2 s). Likewise `in (select ...)` is a hash whatever it believes.
// `offset 0` keeps links and places a look into an index for each training: joined freely, every window reads all links there are, and
// all places a student ever had.
const seatStatement = (trainings: readonly OpenTraining[], graceDays: number, runId: number | null) => sql.type(outcomeRow)`
  with training as materialized (
    select * from ${sql.unnest(
      trainings.map((place) => [
        place.id,
        place.training_template_id,
        place.training_date,
        place.starts_at,
        place.ends_at,
        place.is_subscription_only,
        place.places,
      ]),
      ['int4', 'int4', 'date', 'timestamptz', 'timestamptz', 'bool', 'int4'],
    )} as given (id, training_template_id, training_date, starts_at, ends_at, is_subscription_only, places)
  ), seated_before as materialized (
    select seat.real_training_id, seat.student_id
    from training cross join lateral (
      select real_training_id, student_id from real_training_students where real_training_id = training.id offset 0
    ) as seat
  ), eligible as materialized (
    select distinct on (training.id, link.student_id) training.id as training_id, training.training_date, training.is_subscription_only,
      training.starts_at, training.ends_at, training.places, link.place_id, link.kind, link.student_id, link.start_date,
      link.student_subscription_id
    from training
    cross join lateral (
      select place_id, kind, student_id, start_date, student_subscription_id from standing_places
      where training_template_id = training.training_template_id and start_date <= training.training_date
        and (end_date is null or end_date >= training.training_date)
      offset 0
    ) as link
    where (training.id, link.student_id) not in (select real_training_id, student_id from seated_before)
      and not exists (
        select from student_subscriptions held
        where held.student_id = link.student_id and held.status in ('active', 'frozen')
          and training.training_date between held.freeze_start_date and held.freeze_end_date)
      and (not training.is_subscription_only or exists (
        select from student_subscriptions held
        where held.student_id = link.student_id and held.status in ('active', 'frozen')
          and training.training_date between held.start_date and held.end_date
          and (held.sessions_left is null or held.sessions_left > 0 or held.is_auto_renew)))
    order by training.id, link.student_id, link.student_subscription_id is not null, link.start_date, link.kind = 'group', link.place_id
  ), lapsed as materialized (
    select held.id, held.student_id, held.sessions_left, held.start_date, held.end_date, bill.due_date + ${graceDays}::int as usable_until
    from invoices bill join student_subscriptions held on held.id = bill.student_subscription_id
    where bill.is_auto_renewal and bill.status = 'UNPAID' and held.status in ('active', 'frozen')
      and bill.due_date + ${graceDays}::int < (select max(training_date) from training)
  ), unpaid as materialized (
    select eligible.training_id, eligible.student_id
    from eligible
    join lapsed on lapsed.student_id = eligible.student_id
      and training_date between lapsed.start_date and lapsed.end_date and training_date > usable_until
    where (eligible.is_subscription_only or lapsed.sessions_left is null or lapsed.sessions_left > 0)
      and not exists (
        select from student_subscriptions held
        where held.student_id = eligible.student_id and held.status in ('active', 'frozen')
          and training_date between held.start_date and held.end_date
          and (held.sessions_left is null or held.sessions_left > 0 or eligible.is_subscription_only and held.is_auto_renew)
          and not exists (select from lapsed other where other.id = held.id and training_date > other.usable_until))
  ), still_there as materialized (
    select id from students where id in (select student_id from eligible) order by id for key share
  ), taken as materialized (
    select person_id as student_id, real_training_id, during
    from (select distinct student_id from eligible) as somebody
    cross join (select tstzrange(min(starts_at), max(ends_at)) as span from training) as window_of_time
    cross join lateral (${occupied(sql.fragment`student_id`, sql.fragment`span`)}) as occupied
  ), busy as materialized (
    select eligible.training_id, eligible.student_id
    from eligible
    join taken on taken.student_id = eligible.student_id and taken.real_training_id is distinct from eligible.training_id
      and taken.during && tstzrange(eligible.starts_at, eligible.ends_at)
  ), judged as materialized (
    select eligible.*, nullif(concat_ws(' ', person.first_name, nullif(person.last_name, '')), '') as student, case
        when eligible.student_id not in (select id from still_there) then 'student_gone'
        when not person.is_active then 'student_inactive'
        when (eligible.training_id, eligible.student_id) in (select training_id, student_id from unpaid) then 'renewal_unpaid'
        when (eligible.training_id, eligible.student_id) in (select training_id, student_id from busy) then 'student_busy'
      end as obstacle
    from eligible
    left join users person on person.id = eligible.student_id
  ), spare as materialized (
    select held.id, held.sessions_left - (
      select count(*) from real_training_students seat join real_trainings spoken_for on spoken_for.id = seat.real_training_id
      where seat.student_id = held.student_id and seat.charged_at is null and seat.excused_at is null and seat.status in ('REGISTERED', 'PRESENT', 'ABSENT')
        and spoken_for.status <> 'cancelled' and spoken_for.training_date between held.start_date and held.end_date) as sessions
    from student_subscriptions held
    where held.id in (select student_subscription_id from eligible) and held.sessions_left is not null
  ), covered as materialized (
    select judged.*, row_number() over (partition by student_subscription_id order by starts_at, training_id) > spare.sessions as is_beyond
    from judged left join spare on spare.id = student_subscription_id where obstacle is null
  ), queue as materialized (
    select training_id, student_id, student, places,
      row_number() over (partition by training_id order by start_date, kind = 'group', place_id) as place
    from covered where is_beyond is not true
  ), seated as (
    insert into real_training_students (real_training_id, student_id, run_id)
    select training_id, student_id, ${runId}::int from queue where place <= places
    order by training_id, place
    returning real_training_id
  )
  select obstacle as reason, training_id, student_id, student, 1 as students from judged where obstacle is not null
  union all
  select 'no_sessions', training_id, student_id, student, 1 from covered where is_beyond
  union all
  select 'full', training_id, student_id, student, 1 from queue where place > places
  union all
  select 'added', real_training_id, null, null, count(*)::int from seated group by real_training_id
  order by training_id, student_id`;
