import { z } from 'zod';
import { mergeObstacle } from '../../sql/people/merge-obstacles.ts';
import { merge, mergeForGood, merging, whoseKept } from '../../workers/people/merge.ts';
import { demandScope } from '../../workers/rights.ts';
import { idParams } from '../http/paging.ts';
import { problemBody } from '../http/problems.ts';
import { type Context, route } from '../http/route.ts';
import { undone } from '../http/undone.ts';
import { idOf, isDry, oneOf } from './fields.ts';

export const mergeRoutes = [
  route({
    method: 'post',
    path: '/api/clients/{id}/merge',
    summary:
      'Merge another record of the same person into this one, for good: what may move moves, the wallets add up, ledgers are not rewritten; 409 names what stands against it',
    tag: 'clients',
    scope: 'records:write',
    transaction: true,
    params: idParams,
    body: z
      .strictObject({
        other_id: idOf('the record that goes into this one, and is closed'),
        sign_in: oneOf(whoseKept).optional().meta({ description: 'whose password remains, where both have one' }),
        chat: oneOf(whoseKept).optional().meta({ description: 'whose Telegram chat remains, where both have one' }),
        dry_run: isDry,
      })
      .meta({ examples: [{ other_id: 2, dry_run: true }] }),
    responses: {
      200: merging.extend({ dry_run: z.boolean() }).meta({ id: 'Merging' }),
      409: problemBody
        .extend({ obstacles: z.array(mergeObstacle).optional(), merged_into: z.int().optional() })
        .meta({ id: 'NotMergeable' }),
    },
    async handle({ params, body }, context) {
      demandScope(context.caller, 'money:write', 'it says what is owed and paid, and hands a balance over');
      const { db, caller, now, fleet } = context;
      const wish = { keptId: params.id, mergedId: body.other_id, signIn: body.sign_in, chat: body.chat };
      const asked = { by: caller.name, now, zone: fleet.settings.zone };
      if (!body.dry_run) return { body: { ...(await mergeForGood(db, wish, asked)), dry_run: false } };
      const act = async (transaction: Context['db']) => ({ ...(await merge(transaction, wish, asked)), dry_run: true });
      return { body: await undone(context, act) };
    },
  }),
] as const;
