import type { FragmentSqlToken } from 'slonik';
import { z } from 'zod';
import { EVERYTHING, isAmong, type Whose } from '../auth/whose.ts';
import { type Sql, sql } from '../database/database.ts';

/** Why somebody is not ready for a step. */
export const MISSING = ['inactive', 'months', 'trainings', 'birth_date', 'age', 'deferred'] as const;

/** A step that somebody may take next, and what is missing for it (R4). */
export const stepRow = z.object({
  student_id: z.int(),
  student: z.string(),
  program: z.string(),
  /** `transition`: in the year of turning 16 a trainer decides what a kids' belt becomes (R5). */
  kind: z.enum(['belt', 'stripe', 'transition']),
  belt_id: z.int(),
  belt: z.string(),
  stripes: z.int(),
  awarded_on: z.iso.date(),
  to_belt_id: z.int().nullable(),
  to_belt: z.string().nullable(),
  to_stripes: z.int(),
  /** Of a transition: the belts to choose from. */
  may_become: z.array(z.object({ id: z.int(), name: z.string() })),
  months: z.int(),
  /** The first day on which the months are over. */
  ready_on: z.iso.date(),
  trainings: z.int(),
  attended: z.int(),
  age: z.int().nullable(),
  min_age: z.int().nullable(),
  deferred_until: z.iso.date().nullable(),
  exam_id: z.int().nullable(),
  missing: z.array(z.enum(MISSING)),
});
export type Step = z.output<typeof stepRow>;

/**
 * Every step that students may take on a business day, as `step`, from their current awards (R3, R4): a stripe more where a program
 * asks something for it, the next belt, or in the year of turning 16 what a kids' belt becomes. Months and trainings of a stripe count
 * from the current award, those of a belt from the day the belt was got. Trainings are those PRESENT of the program after that day, by
 * training date, whenever marked; a mark that was taken back is none. `missing` is empty for whoever is ready.
 * @param student a condition on rows of `belt_awards award`
 */
const steps = (today: string, student: FragmentSqlToken) => sql.fragment`
  standing as materialized (
    select distinct on (award.student_id, award.program) award.student_id, award.stripes, award.awarded_on, belt.*,
      person.is_active, concat_ws(' ', first_name, nullif(last_name, '')) as student,
      (extract(year from ${today}::date) - extract(year from birth_date))::int as age
    from belt_awards award
    join belts belt on belt.id = belt_id
    join users person on person.id = award.student_id
    where voided_at is null and ${student}
    order by award.student_id, award.program, awarded_on desc, award.id desc
  ), asked as (
    select student_id, 'stripe' as kind, standing.id as belt_id, standing.id as to_belt_id, stripes + 1 as to_stripes, awarded_on as since,
      coalesce(stripe_months[stripes + 1], stripe_months[cardinality(stripe_months)], 0)::int as months, stripe_trainings as trainings,
      null::smallint as min_age
    from standing
    where stripes < max_stripes and (stripe_trainings > 0 or coalesce(stripe_months[stripes + 1], stripe_months[cardinality(stripe_months)], 0) > 0)
      and not (path = 'kids' and coalesce(age >= 16, false))
    union all
    select student_id, 'belt', standing.id, next.id, 0, first.awarded_on,
      (case when age in (16, 17) then coalesce(standing.young_months, standing.months) else standing.months end)::int, standing.trainings,
      next.min_age
    from standing
    join belts next on next.program = standing.program and next.path = standing.path and next.position = standing.position + 1
    cross join lateral (
      select min(awarded_on) as awarded_on from belt_awards got
      where got.student_id = standing.student_id and got.belt_id = standing.id and voided_at is null
    ) as first
    where not (standing.path = 'kids' and coalesce(age >= 16, false))
    union all
    select student_id, 'transition', id, null, 0, awarded_on, 0, 0, null from standing where path = 'kids' and age >= 16
  ), step as (
    select standing.student_id, student, standing.program, kind, asked.belt_id, standing.name as belt, standing.stripes, standing.awarded_on, to_belt_id,
      target.name as to_belt, to_stripes, asked.months, (since + make_interval(months => asked.months))::date as ready_on, asked.trainings,
      attended, age, asked.min_age::int as min_age, deferral.deferred_until, exam.id as exam_id,
      case when kind <> 'transition' then '[]'::jsonb else coalesce((
        select jsonb_agg(jsonb_build_object('id', grown.id, 'name', grown.name) order by grown.position) from belts grown
        where grown.program = standing.program and grown.path = 'adult' and grown.position <= standing.becomes), '[]') end as may_become,
      array_remove(array[
        case when not is_active then 'inactive' end,
        case when since + make_interval(months => asked.months) > ${today}::date then 'months' end,
        case when attended < asked.trainings then 'trainings' end,
        case when asked.min_age is not null and age is null then 'birth_date' end,
        case when age < asked.min_age then 'age' end,
        case when deferral.deferred_until > ${today}::date then 'deferred' end
      ], null) as missing
    from standing
    join asked on asked.student_id = standing.student_id and asked.belt_id = standing.id
    left join belts target on target.id = to_belt_id
    left join belt_deferrals deferral on deferral.student_id = standing.student_id and deferral.program = standing.program
    left join belt_exams exam on exam.student_id = standing.student_id and exam.program = standing.program and exam.status = 'planned'
    cross join lateral (
      select count(*)::int as attended
      from real_training_students seat
      join real_trainings training on training.id = seat.real_training_id
      join training_types type on type.id = training_type_id
      where seat.student_id = standing.student_id and seat.status = 'PRESENT' and training.status <> 'cancelled'
        and training_date > since and training_date <= ${today}::date and coalesce(type.program, type.name) = standing.program
    ) as came
  )`;

type Listed = {
  today: string;
  program?: string;
  kind?: Step['kind'];
  /** true: whoever is ready now; false: whoever is not, and why; deferred ones are among these. */
  isReady?: boolean;
  whose: Whose;
  after?: [studentId: number, program: string, kind: string];
  limit: number;
};

/** Steps by student, before or after they are ready. */
export const listSteps = (db: Sql, of: Listed) =>
  db.any(sql.type(stepRow)`
    with ${steps(
      of.today,
      sql.fragment`award.program = coalesce(${of.program ?? null}, award.program) and award.student_id >= ${of.after?.[0] ?? 0}
      and ${isAmong(of.whose, 'pupil', 'award')}`,
    )}
    select * from step
    where (${of.isReady ?? null}::bool is null or (missing = '{}') = ${of.isReady ?? null}::bool)
      and kind = coalesce(${of.kind ?? null}, kind)
      and (student_id, program, kind) > (${of.after?.[0] ?? 0}::int, ${of.after?.[1] ?? ''}, ${of.after?.[2] ?? ''})
    order by student_id, program, kind limit ${of.limit}`);

/** How many students are ready for a step now: as many as the list of those who are names. */
export const countReady = (db: Sql, of: { today: string; program?: string; whose: Whose }) =>
  db.oneFirst(sql.type(z.object({ count: z.int() }))`
    with ${steps(of.today, sql.fragment`award.program = coalesce(${of.program ?? null}, award.program) and ${isAmong(of.whose, 'pupil', 'award')}`)}
    select count(distinct (student_id, program))::int from step where missing = '{}'`);

/** The steps that one student may take. */
export const stepsOf = (db: Sql, studentId: number, today: string, whose: Whose = EVERYTHING) =>
  db.any(sql.type(stepRow)`
    with ${steps(today, sql.fragment`award.student_id = ${studentId} and ${isAmong(whose, 'pupil', 'award')}`)}
    select * from step order by program, kind`);

/** As what a step is noted as told: what a kids' belt becomes is another step than that belt was. */
const TOLD_AS = sql.fragment`case when kind = 'transition' then -1 else to_stripes end`;

const told = z.object({
  reader_id: z.int(),
  student_id: z.int(),
  student: z.string(),
  belt: z.string(),
  stripes: z.int(),
  is_transition: z.boolean(),
});

/**
 * Takes the steps that students are ready for and nobody was told of, in the transaction that tells (R4): once per student and step.
 * Those who are told: active owners, administrators, and trainers who have the student in a group, in a weekly template or had them in
 * the last 30 days. A step for which nothing is asked but the belt itself is not told: it is always there.
 */
export const takeReady = (transaction: Sql, today: string) =>
  transaction.any(sql.type(told)`
    with ${steps(today, sql.fragment`true`)}, new as (
      insert into belt_steps_told (student_id, belt_id, stripes)
      select student_id, coalesce(to_belt_id, belt_id), ${TOLD_AS} from step
      where missing = '{}' and exam_id is null and (kind = 'transition' or months > 0 or trainings > 0
        or exists (select from belts one where one.id = step.belt_id and one.months > 0))
      on conflict do nothing
      returning student_id, belt_id, stripes, (select program from belts where belts.id = belt_steps_told.belt_id) as program
    ), reader as (
      select student_id, belt_id, stripes, user_id from new cross join (select distinct user_id from user_roles where role in ('owner', 'admin')) as staff
      union
      select new.student_id, belt_id, stripes, trainer_id from new join real_training_students seat on seat.student_id = new.student_id
        join real_trainings training on training.id = seat.real_training_id and training_date between ${today}::date - 30 and ${today}::date
        join training_types type on type.id = training_type_id and coalesce(type.program, type.name) = new.program
      union
      select new.student_id, belt_id, stripes, trainer_id from new join training_student_templates standing on standing.student_id = new.student_id
        join training_templates weekly on weekly.id = training_template_id and weekly.is_active
        join training_types type on type.id = training_type_id and coalesce(type.program, type.name) = new.program
      union
      select new.student_id, belt_id, stripes, trainer_id from new join group_members member on member.student_id = new.student_id
        and ${today}::date between from_date and coalesce(to_date, 'infinity')
        join groups on groups.id = member.group_id
    )
    select distinct reader.user_id as reader_id, reader.student_id, step.student, coalesce(step.to_belt, step.belt) as belt, to_stripes as stripes,
      kind = 'transition' as is_transition
    from reader join users on users.id = reader.user_id and users.is_active
    join step on step.student_id = reader.student_id and coalesce(step.to_belt_id, step.belt_id) = reader.belt_id and ${TOLD_AS} = reader.stripes
    order by reader_id, student, student_id`);
