import { z } from 'zod';
import { dayOf } from '../../queues/time/calendar.ts';
import { findTraining } from '../../sql/trainings/roster.ts';
import { demandGroup } from '../../workers/groups/members.ts';
import { writeToMany, written } from '../../workers/messages/write-to-many.ts';
import { idParams } from '../http/paging.ts';
import { Problem } from '../http/problems.ts';
import { type Context, route } from '../http/route.ts';
import { textField } from '../http/text.ts';
import { undone } from '../http/undone.ts';
import { isDry } from './fields.ts';

const shared = {
  method: 'post',
  tag: 'notifications',
  scope: 'records:write',
  transaction: true,
  params: idParams,
  body: z.strictObject({ text: textField(2_000), dry_run: isDry }),
  responses: { 200: written },
} as const;
type To = Parameters<typeof writeToMany>[1]['to'];

/** With dry_run only who would be written to is said. The request is the key: with an Idempotency-Key it is sent once. */
async function answered(context: Context, to: To, { text, dry_run }: { text: string; dry_run: boolean }) {
  const act = async (db: Context['db']) => ({
    ...(await writeToMany(db, { to, text, key: context.requestId }, context)),
    dry_run,
  });
  return { body: dry_run ? await undone(context, act) : await act(context.db) };
}

export const messagesToManyRoutes = [
  route({
    ...shared,
    path: '/real-trainings/{id}/messages',
    summary: 'Write to those who have a place in a training, and to whoever pays for them',
    async handle({ params, body }, context) {
      if (!(await findTraining(context.db, params.id))) throw new Problem(404, `there is no training ${params.id}`);
      return answered(context, { training: params.id }, body);
    },
  }),
  route({
    ...shared,
    path: '/api/groups/{id}/messages',
    summary: 'Write to the members of a group of today, and to whoever pays for them',
    async handle({ params, body }, context) {
      await demandGroup(context.db, params.id);
      const day = dayOf(context.now, context.fleet.settings.zone);
      return answered(context, { group: params.id, day }, body);
    },
  }),
] as const;
