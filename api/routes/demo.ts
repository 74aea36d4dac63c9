import { z } from 'zod';
import { enterDemo } from '../../workers/sign-in/demo-links.ts';
import { route } from '../http/route.ts';
import { textField } from '../http/text.ts';
import { openInBrowser, signedIn } from './opened.ts';

export const demoRoutes = [
  route({
    method: 'post',
    path: '/auth/demo',
    summary: 'Sign in by a link of the demo studio, once; nowhere else and from no other machine',
    tag: 'sign-in',
    scope: null,
    secretAnswer: true,
    body: z.strictObject({
      token: textField(200, 20).meta({ description: 'of the link', examples: ['of-the-link-that-was-printed'] }),
    }),
    responses: { 200: signedIn },
    async handle({ body }, context) {
      const { db, fleet, now } = context;
      const { user, headers } = await openInBrowser(context, await enterDemo(db, body.token, fleet.settings, now), 'link');
      return { body: { user }, headers };
    },
  }),
] as const;
