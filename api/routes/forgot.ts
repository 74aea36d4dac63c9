import { hash } from 'node:crypto';
import { z } from 'zod';
import { publicUrl } from '../../workers/fleet/ask-api.ts';
import { inBackground } from '../../workers/sign-in/background.ts';
import { sendPasswordLink } from '../../workers/sign-in/forgot.ts';
import { countryOf, loginFrom } from '../../workers/sign-in/login.ts';
import { attemptsOf, demandRest } from '../auth/attempts.ts';
import { route } from '../http/route.ts';
import { loginField } from './sign-in.ts';

export const forgotRoutes = [
  route({
    method: 'post',
    path: '/auth/forgot',
    summary:
      'A link to a new password for whoever has this login, by Telegram or e-mail, else through the studio; the same answer for everybody',
    tag: 'sign-in',
    scope: null,
    secretAnswer: true,
    body: z.strictObject({ login: loginField }),
    responses: { 202: z.strictObject({}) },
    async handle({ body: { login } }, { fleet, visit, now }) {
      const { forgot, forgotOf } = attemptsOf(fleet);
      demandRest(forgot, visit.address);
      forgot.miss(visit.address);
      // Of one login a few an hour are enough, whoever asks; whether it is anybody's, the answer does not tell.
      const meant = loginFrom(login, countryOf(fleet.settings.zone))?.value ?? login.toLowerCase();
      const counted = hash('sha256', meant, 'base64');
      if (forgotOf.restOf(counted) === 0) {
        forgotOf.miss(counted);
        inBackground('sending a link to a new password', () => sendPasswordLink(fleet, login, publicUrl(fleet.settings), now));
      }
      return { status: 202, body: {} };
    },
  }),
] as const;
