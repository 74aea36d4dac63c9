import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';

export const decisions = ['substitute', 'cancel', 'keep'] as const;

/** What was decided of a training that an absence runs into; `trainer_id`: who substitutes. */
export const decisionRow = z.object({
  real_training_id: z.int(),
  decision: z.enum(decisions),
  trainer_id: z.int().nullable(),
  decided_by: z.string(),
  decided_at: z.iso.datetime(),
});

export const decisionsOf = (db: Sql, absenceId: number) =>
  db.any(sql.type(decisionRow)`
    select real_training_id, decision, trainer_id, decided_by, decided_at from absence_decisions
    where absence_id = ${absenceId} order by real_training_id`);

/** Notes what was decided, in place of what was decided before. */
export const noteDecision = (
  db: Sql,
  of: {
    absenceId: number;
    trainingId: number;
    decision: (typeof decisions)[number];
    trainerId: number | null;
    by: string;
    at: string;
  },
) =>
  db.query(sql.unsafe`
    insert into absence_decisions (absence_id, real_training_id, decision, trainer_id, decided_by, decided_at)
    values (${of.absenceId}, ${of.trainingId}, ${of.decision}, ${of.trainerId}, ${of.by}, ${of.at}::timestamptz)
    on conflict (absence_id, real_training_id) do update set decision = excluded.decision, trainer_id = excluded.trainer_id,
      decided_by = excluded.decided_by, decided_at = excluded.decided_at`);

const affected = z.object({
  id: z.int(),
  training_type: z.string(),
  training_date: z.iso.date(),
  start_time: z.string(),
  starts_at: z.iso.datetime(),
  ends_at: z.iso.datetime(),
  trainer_id: z.int(),
  regular_trainer_id: z.int().nullable(),
});
export type Affected = z.output<typeof affected>;

/** The trainings to come that an absence runs into, those included that a substitute gives already, by id. */
export const affectedTrainings = (db: Sql, absenceId: number, now: string) =>
  db.any(sql.type(affected)`
    select training.id, type.name as training_type, training_date, start_time, starts_at, ends_at, trainer_id, regular_trainer_id
    from specialist_absences absence
    join real_trainings training on absence.specialist_id in (trainer_id, regular_trainer_id)
      and tstzrange(starts_at, ends_at) && tstzrange(from_at, to_at)
    join training_types type on type.id = training_type_id
    where absence.id = ${absenceId} and training.status = 'scheduled' and starts_at > ${now}::timestamptz
    order by training.id`);

/** Gives a training to a substitute; whose training it is stays known. */
export const substitute = (transaction: Sql, trainingId: number, trainerId: number) =>
  transaction.query(sql.unsafe`
    update real_trainings set regular_trainer_id = coalesce(regular_trainer_id, trainer_id), trainer_id = ${trainerId} where id = ${trainingId}`);

/** Whether somebody is a specialist who is active. */
export const isActiveSpecialist = (db: Sql, id: number) =>
  db.exists(sql.unsafe`select from specialists join users using (id) where specialists.id = ${id} and is_active`);
