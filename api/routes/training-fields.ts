import { z } from 'zod';
import { kinds } from '../../sql/trainings/by-hand.ts';
import { trainingRow } from '../../sql/trainings/roster.ts';
import { undoOffer } from '../../workers/undo/offer.ts';
import { problemBody } from '../http/problems.ts';
import { textField } from '../http/text.ts';
import { id, idOf, minor, oneOf, whole } from './fields.ts';
import { trainingItem } from './roster.ts';

/** What a training is made of, where somebody makes or changes it. */
export const trainingFields = {
  duration_minutes: whole(1, 1_440).meta({ examples: [60] }),
  trainer_id: idOf('the trainer'),
  room_id: id.nullable().meta({ description: 'null: none' }),
  price_minor: minor(0).meta({ description: 'of a single place, for those that are not charged yet' }),
  max_participants: whole(0, 10_000).meta({ examples: [12] }),
  notes: textField(2_000)
    .nullable()
    .meta({ description: 'for staff and the trainer', examples: ['bring bands'] }),
};

const byType = 'by default as the training type has it';
export const newTraining = {
  training_type_id: idOf('the training type'),
  trainer_id: trainingFields.trainer_id,
  room_id: trainingFields.room_id.optional(),
  kind: oneOf(kinds).default('group'),
  duration_minutes: trainingFields.duration_minutes.optional().meta({ description: byType }),
  price_minor: trainingFields.price_minor.optional().meta({ description: byType }),
  max_participants: trainingFields.max_participants.optional().meta({ description: byType }),
  notes: trainingFields.notes.optional(),
  student_ids: z
    .array(id, { error: 'a list of ids of students' })
    .max(200, { error: 'at most 200 students' })
    .refine((ids) => new Set(ids).size === ids.length, { error: 'each student once' })
    .optional()
    .meta({ description: 'students who have a place from the start', examples: [[]] }),
};

const why = z.string();
const student = { student_id: z.int(), student: z.string() };
/** What a 409 lists: the training as it is, or what is in the way. */
export const inTheWay = problemBody.extend({
  training: trainingRow.optional().meta({ description: 'as it is, where an older version was named' }),
  obstacles: z.array(z.object({ what: z.string(), id: z.int().nullable(), why })).optional(),
  busy: z
    .array(z.object({ ...student, why }))
    .optional()
    .meta({ description: 'students who are elsewhere then' }),
});

export const conflict = z.object({
  training_date: z.iso.date(),
  starts_at: z.iso.datetime(),
  what: z.enum(['trainer', 'room', 'student', 'closed', 'trainer_off']),
  id: z.int().nullable(),
  why,
});

export const madeTraining = trainingItem.extend({ undo: undoOffer.nullable() }).meta({ id: 'MadeTraining' });
