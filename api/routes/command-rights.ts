import { z } from 'zod';
import { commandRightsRow, grantCommands, lockCommandRights, withdrawCommands } from '../../sql/bot/commanders.ts';
import type { Sql } from '../../sql/database/database.ts';
import { idParams } from '../http/paging.ts';
import { Problem } from '../http/problems.ts';
import { type Route, route } from '../http/route.ts';

const shared = {
  path: '/api/people/{id}/command-rights',
  tag: 'people',
  scope: 'rights:write',
  transaction: true,
  params: idParams,
  responses: { 200: commandRightsRow.meta({ id: 'CommandRights' }) },
} as const;

/** Who commands the bot (D46): an admin, from one Telegram account that somebody with the right to has confirmed. */
export const commandRightsRoutes: Route[] = [
  route({
    ...shared,
    transaction: false,
    method: 'get',
    summary: 'From which Telegram account an admin may command the bot',
    handle: async ({ params }, { db }) => ({ body: await demanded(db, params.id) }),
  }),
  route({
    ...shared,
    method: 'put',
    summary:
      'Let an admin command the bot from their present Telegram account; the other admins and the account before are notified',
    body: z.strictObject({
      telegram_id: z
        .int({ error: 'the Telegram id that the person has now' })
        .positive({ error: 'the Telegram id that the person has now' })
        .meta({ description: 'the id the person has now, so that no other one is confirmed by mistake', examples: [1001] }),
    }),
    async handle({ params, body }, { db, caller }) {
      const rights = await demanded(db, params.id);
      if (!rights.is_admin) throw new Problem(409, `the person ${params.id} is no admin`);
      if (rights.telegram_id !== body.telegram_id) {
        throw new Problem(409, `the person ${params.id} has ${rights.telegram_id ?? 'no'} Telegram id now`);
      }
      await grantCommands(db, params.id, caller.name);
      return { body: await demanded(db, params.id) };
    },
  }),
  route({
    ...shared,
    method: 'delete',
    summary: 'Take the right to command the bot from a person; the other admins and they themselves are notified',
    async handle({ params }, { db }) {
      await demanded(db, params.id);
      await withdrawCommands(db, params.id);
      return { body: await demanded(db, params.id) };
    },
  }),
];

async function demanded(db: Sql, id: number) {
  const rights = await lockCommandRights(db, id);
  if (!rights) throw new Problem(404, `there is no person ${id}`);
  return rights;
}
