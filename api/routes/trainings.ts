import { z } from 'zod';
import { flag } from '../../queues/jobs/run-definition.ts';
import { exampleInstant, instant } from '../../queues/time/days.ts';
import { findTraining } from '../../sql/trainings/roster.ts';
import { consequences } from '../../workers/trainings/consequences.ts';
import { copyByHand, createByHand, type Made } from '../../workers/trainings/create.ts';
import { changeByHand } from '../../workers/trainings/move.ts';
import { removeTraining } from '../../workers/trainings/remove.ts';
import { undoOffer } from '../../workers/undo/offer.ts';
import { idParams } from '../http/paging.ts';
import { Problem } from '../http/problems.ts';
import { type Context, route } from '../http/route.ts';
import { versionOf } from '../http/version.ts';
import { whole } from './fields.ts';
import { trainingItem } from './roster.ts';
import { inTheWay, madeTrainingItem, newTraining, trainingFields } from './training-fields.ts';

const shared = { tag: 'real-trainings', scope: 'records:write' } as const;
const path = '/real-trainings/{id}';
const version = whole(1, 2_147_483_647)
  .optional()
  .meta({ description: 'the version you saw; or the header If-Match', examples: [1] });

const found = async ({ db, whose }: Context, id: number) => {
  const training = await findTraining(db, id, whose);
  if (!training) throw new Problem(404, `there is no training ${id}`);
  return training;
};

async function answerOf({ ids, undo }: Made, context: Context) {
  const [id] = ids as [number];
  return { status: 201 as const, body: { ...(await found(context, id)), undo }, headers: { Location: `/real-trainings/${id}` } };
}

/** Trainings by hand: made, changed, copied, deleted. */
export const trainingRoutes = [
  route({
    ...shared,
    method: 'post',
    path: '/real-trainings',
    summary: 'Make a single training, a personal lesson or a trial',
    body: z.strictObject({ ...newTraining, starts_at: instant }),
    responses: { 201: madeTrainingItem, 409: inTheWay },
    handle: async ({ body }, context) => answerOf(await createByHand(body, context), context),
  }),
  route({
    ...shared,
    method: 'patch',
    path,
    summary: 'Move or change a training; with dry_run it is only said what that would mean',
    params: idParams,
    body: z
      .strictObject({
        starts_at: instant.optional(),
        duration_minutes: trainingFields.duration_minutes.optional(),
        trainer_id: trainingFields.trainer_id.optional(),
        room_id: trainingFields.room_id.optional(),
        price_minor: trainingFields.price_minor.optional(),
        max_participants: trainingFields.max_participants.optional(),
        notes: trainingFields.notes.optional(),
        version,
        dry_run: flag.default(false),
        release: flag.default(false).meta({ description: 'frees the places of students who are busy then, safely' }),
      })
      .meta({
        get examples() {
          return [{ starts_at: exampleInstant(7), version: 1, dry_run: true }];
        },
      }),
    responses: {
      200: trainingItem
        .extend({
          dry_run: z.boolean(),
          consequences,
          undo: undoOffer.nullable().meta({ description: 'null: nothing was changed, or it is final' }),
        })
        .meta({ id: 'ChangedTraining' }),
      409: inTheWay,
    },
    async handle({ params, body }, context) {
      const asked = { ...body, version: versionOf(body.version, context.ifMatch) };
      const { consequences, undo } = await changeByHand(params.id, asked, context);
      return { body: { ...(await found(context, params.id)), dry_run: body.dry_run, consequences, undo } };
    },
  }),
  route({
    ...shared,
    method: 'delete',
    path,
    summary: 'Delete a training made by mistake: one that nobody was ever in',
    params: idParams,
    responses: { 204: z.undefined() },
    async handle({ params }, context) {
      await removeTraining(params.id, context);
      return { status: 204, body: undefined };
    },
  }),
  route({
    ...shared,
    method: 'post',
    path: `${path}/copy`,
    summary: 'Make another training like this one',
    params: idParams,
    body: z.strictObject({ starts_at: instant, with_students: flag.default(false) }),
    responses: { 201: madeTrainingItem, 409: inTheWay },
    handle: async ({ params, body }, context) => answerOf(await copyByHand(params.id, body, context), context),
  }),
] as const;
