import { z } from 'zod';
import { endPushSubscription, keepPushSubscription } from '../../sql/notifications/push.ts';
import { arePushKeys, isPushEndpoint } from '../../workers/notifier/channels/push-services.ts';
import { vapidKeys, vapidSubject } from '../../workers/notifier/channels/vapid.ts';
import { Problem, unacceptable } from '../http/problems.ts';
import { route } from '../http/route.ts';
import { secretField } from '../http/text.ts';

const shared = { tag: 'me', scope: null } as const;
const base64url = (length: number) =>
  z.string().regex(new RegExp(`^[\\w-]{1,${length}}=*$`), { error: 'as the browser gives it: base64url' });
const PUSH_SERVICE = 'an https address of a push service';
const endpoint = secretField(2_000, PUSH_SERVICE).meta({
  description: 'where the push service of the browser takes messages',
  examples: ['https://fcm.googleapis.com/fcm/send/x'],
});

/** Messages to a browser that is closed, for whoever has no Telegram. */
export const pushRoutes = [
  route({
    ...shared,
    method: 'get',
    path: '/push/key',
    summary:
      'The key a browser subscribes with (applicationServerKey); 404 where the studio has neither PUBLIC_URL nor MAIL_FROM',
    responses: { 200: z.object({ public_key: z.string() }).meta({ id: 'PushKey' }) },
    async handle(_input, { db, fleet }) {
      if (!vapidSubject(fleet.settings)) throw new Problem(404, 'push is not set up: PUBLIC_URL (https) or MAIL_FROM is needed');
      return { body: { public_key: (await vapidKeys(db)).publicKey } };
    },
  }),
  route({
    ...shared,
    method: 'post',
    path: '/me/push-subscriptions',
    transaction: true,
    summary: 'Send my messages to this browser too, where they do not go by Telegram: PushSubscription.toJSON() as it is',
    body: z.strictObject({
      endpoint,
      expirationTime: z
        .number()
        .nullable()
        .optional()
        .meta({ examples: [null] }),
      keys: z
        .strictObject({ p256dh: base64url(88), auth: base64url(24) })
        .meta({ examples: [{ p256dh: `B${'A'.repeat(86)}`, auth: 'A'.repeat(22) }] }),
    }),
    responses: { 201: z.object({ id: z.int(), endpoint: z.string() }).meta({ id: 'PushSubscription' }) },
    async handle({ body }, { db, caller, fleet }) {
      if (!isPushEndpoint(body.endpoint, fleet.settings)) throw unacceptable('endpoint', PUSH_SERVICE);
      if (!arePushKeys(body.keys)) throw unacceptable('keys', 'the keys of a browser: p256dh a point of P-256, auth 16 bytes');
      const id = await keepPushSubscription(db, caller.person!.id, { endpoint: body.endpoint, ...body.keys });
      if (id === null) throw new Problem(409, 'this browser belongs to somebody else');
      return { status: 201, body: { id, endpoint: body.endpoint } };
    },
  }),
  route({
    ...shared,
    method: 'delete',
    path: '/me/push-subscriptions',
    summary: 'Send nothing to this browser any more',
    body: z.strictObject({ endpoint }),
    responses: { 204: z.undefined() },
    async handle({ body }, { db, caller }) {
      if (!(await endPushSubscription(db, caller.person!.id, body.endpoint)))
        throw new Problem(404, 'there is no such subscription');
      return { status: 204, body: undefined };
    },
  }),
] as const;
