import { z } from 'zod';
import { quietHoursSetting } from '../../queues/process/settings-schema.ts';
import { type Kind, kindNames } from '../../sql/notifications/catalog.ts';
import {
  childrenOf,
  setChildren,
  setPersonKinds,
  setQuietHours,
  setStudioKinds,
  studioKinds,
  type Wishes,
  wishesOf,
} from '../../sql/notifications/preferences.ts';
import { idParams } from '../http/paging.ts';
import { Problem, unacceptable } from '../http/problems.ts';
import { type Context, route } from '../http/route.ts';

const FLAG = 'true or false';
const ofKinds = <V extends z.ZodType>(value: V) =>
  z.strictObject(Object.fromEntries(kindNames.map((kind) => [kind, value])) as Record<Kind, V>);
const given = ofKinds(
  z
    .boolean({ error: FLAG })
    .optional()
    .meta({ examples: [true] }),
);
const shown = ofKinds(z.boolean());
const HOURS = '22:00-08:00 or off, in the studio’s wall time; null: the studio’s own';
const quietHours = z
  .string({ error: HOURS })
  .refine((text) => quietHoursSetting.safeParse(text).success, { error: HOURS })
  .nullable()
  .meta({ description: HOURS, examples: ['23:00-09:30'] });

const OF_WHOM = 'those the person pays for, each once';
const children = z
  .array(
    z.strictObject({
      student_id: z.int({ error: OF_WHOM }).min(1, { error: OF_WHOM }).max(2_147_483_647, { error: OF_WHOM }),
      is_on: z.boolean({ error: FLAG }),
    }),
    { error: OF_WHOM },
  )
  .max(100, { error: 'at most 100' })
  .refine((all) => new Set(all.map(({ student_id }) => student_id)).size === all.length, { error: OF_WHOM })
  .default([])
  .meta({ description: 'of whom they want to be told what concerns them; those that are not named are on', examples: [[]] });
const wishesBody = z.strictObject({ quiet_hours: quietHours, kinds: given, children });
const wishesShown = z
  .object({
    quiet_hours: z.string().nullable(),
    kinds: shown,
    children: z
      .array(z.object({ student_id: z.int(), name: z.string(), is_on: z.boolean() }))
      .meta({ description: 'those they pay for, and whether they are told what concerns them' }),
    reachable: z.boolean().meta({ description: 'is on Telegram and has not blocked the bot' }),
  })
  .meta({ id: 'PersonNotifications' });
const kindsShown = shown.meta({ id: 'NotificationKinds' });
const shared = { tag: 'notifications' } as const;

/** Every kind is on unless somebody has switched it off. */
const filled = (kinds: Record<string, boolean>) =>
  Object.fromEntries(kindNames.map((kind) => [kind, kinds[kind] ?? true])) as Record<Kind, boolean>;

const hoursOf = ({ quiet_from: from, quiet_until: until }: Wishes) => {
  if (from === null || until === null) return null;
  return from === until ? 'off' : `${from.slice(0, 5)}-${until.slice(0, 5)}`;
};

async function describe(db: Context['db'], id: number) {
  const wishes = await wishesOf(db, id);
  if (!wishes) throw new Problem(404, `there is no person ${id}`);
  return {
    quiet_hours: hoursOf(wishes),
    kinds: filled(wishes.kinds),
    children: [...(await childrenOf(db, id))],
    reachable: wishes.is_reachable,
  };
}

/** `off` as the same time twice, which is how a person's are kept. */
const pairOf = (text: string | null) => text && (quietHoursSetting.parse(text) ?? { from: '00:00', until: '00:00' });

export const notificationRoutes = [
  route({
    ...shared,
    method: 'get',
    path: '/api/people/{id}/notifications',
    summary: 'What a person wants to hear of, and when not',
    scope: 'records:read',
    params: idParams,
    responses: { 200: wishesShown },
    handle: async ({ params }, { db }) => ({ body: await describe(db, params.id) }),
  }),
  route({
    ...shared,
    method: 'put',
    path: '/api/people/{id}/notifications',
    summary: 'Set what a person wants to hear of, and when not; kinds that are not named are on',
    scope: 'records:write',
    transaction: true,
    params: idParams,
    body: wishesBody,
    responses: { 200: wishesShown },
    async handle({ params, body }, { db }) {
      if (!(await setQuietHours(db, params.id, pairOf(body.quiet_hours) || null))) {
        throw new Problem(404, `there is no person ${params.id}`);
      }
      const own = (await childrenOf(db, params.id)).map(({ student_id }) => student_id);
      const stranger = body.children.find(({ student_id }) => !own.includes(student_id));
      if (stranger) throw unacceptable('children', OF_WHOM);
      await setChildren(db, params.id, body.children);
      await setPersonKinds(db, params.id, body.kinds as Record<string, boolean>);
      return { body: await describe(db, params.id) };
    },
  }),
  route({
    ...shared,
    method: 'get',
    path: '/api/notification-kinds',
    summary: 'The kinds of messages, and which the studio has switched off',
    scope: 'records:read',
    responses: { 200: kindsShown },
    handle: async (_, { db }) => ({ body: filled(await studioKinds(db)) }),
  }),
  route({
    ...shared,
    method: 'put',
    path: '/api/notification-kinds',
    summary: 'Switch kinds of messages for the whole studio; those that are not named stay as they are',
    scope: 'records:write',
    transaction: true,
    body: given,
    responses: { 200: kindsShown },
    async handle({ body }, { db }) {
      await setStudioKinds(db, body as Record<string, boolean>);
      return { body: filled(await studioKinds(db)) };
    },
  }),
] as const;
