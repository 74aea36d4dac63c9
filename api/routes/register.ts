import { hash } from 'node:crypto';
import { z } from 'zod';
import { usernameOf } from '../../sql/bot/links.ts';
import { LOCALES } from '../../sql/database/locale.ts';
import { canMail, sendMail } from '../../workers/notifier/channels/mail.ts';
import { text as words } from '../../workers/notifier/texts/texts.ts';
import { notAcceptable, Refused } from '../../workers/refusal.ts';
import { inBackground } from '../../workers/sign-in/background.ts';
import { countryOf, phoneFrom } from '../../workers/sign-in/login.ts';
import { beginRegistration, confirmRegistration } from '../../workers/sign-in/register.ts';
import { attemptsOf, demandRest } from '../auth/attempts.ts';
import { type Context, type Route, route } from '../http/route.ts';
import { email, textField } from '../http/text.ts';
import { oneOf } from './fields.ts';
import { openInBrowser, signedIn } from './opened.ts';
import { newPassword } from './sign-in.ts';

const shared = { method: 'post', tag: 'sign-in', scope: null, secretAnswer: true } as const;
const PHONE = 'a phone number';

/** How somebody becomes a client. */
export const registrationRoutes: Route[] = [
  route({
    ...shared,
    path: '/auth/register',
    summary: 'Begin to become a client: a code goes to the e-mail, or the bot, opened by its link, says it',
    body: z.strictObject({
      first_name: textField(100),
      last_name: textField(100, 0).default(''),
      phone: textField(40)
        .optional()
        .meta({ examples: ['+79161234567'] }),
      email: email.optional(),
      locale: oneOf(LOCALES).optional(),
      consent: z.strictObject({
        text_version: textField(100).meta({ description: 'of the text that was agreed to: processing of personal data' }),
      }),
    }),
    responses: {
      202: z.object({
        registration: z.string().meta({ description: 'for POST /auth/register/confirm; kept by the browser alone' }),
        by: z.enum(['email', 'telegram']),
        href: z.string().optional().meta({ description: 'opens the bot' }),
      }),
    },
    async handle({ body }, context) {
      const { fleet, visit, now } = context;
      const { zone, locale: studio } = fleet.settings;
      const phone = body.phone === undefined ? null : phoneFrom(body.phone, countryOf(zone));
      if (body.phone !== undefined && phone === null) throw notAcceptable('phone', PHONE);
      const { register, registerOf } = attemptsOf(fleet);
      demandRest(register, visit.address);
      const address = body.email?.toLowerCase() ?? null;
      const by = address !== null && canMail(fleet.settings) ? ('email' as const) : ('telegram' as const);
      const href = by === 'telegram' ? await botLink(context, address !== null) : undefined;
      const counted = hash('sha256', `${address ?? phone ?? visit.address}`, 'base64');
      demandRest(registerOf, counted);
      register.miss(visit.address);
      registerOf.miss(counted);
      const { first_name, last_name, locale = null, consent } = body;
      const newcomer = { first_name, last_name, phone, email: address, locale, text_version: consent.text_version };
      const { token, start, code } = await beginRegistration(fleet.db, by, newcomer, now);
      if (by === 'telegram') return { status: 202, body: { registration: token, by, href: `${href}?start=${start}` } };
      const language = locale ?? studio;
      const subject = words(language, 'register.subject', { code });
      const lines = [words(language, 'register.code', { code }), words(language, 'register.otherwise')];
      const letter = { to: address as string, subject, text: lines.join('\n\n') };
      inBackground('sending a code to register', () => sendMail(fleet.settings, letter));
      return { status: 202, body: { registration: token, by } };
    },
  }),
  route({
    ...shared,
    path: '/auth/register/confirm',
    summary: 'Show the code, within ten minutes and at most five tries: the client is known and signed in',
    body: z.strictObject({
      registration: textField(200, 20).meta({ examples: ['what-the-registration-gave'] }),
      code: z
        .string({ error: 'six digits' })
        .regex(/^\d{6}$/, { error: 'six digits' })
        .meta({ examples: ['123456'] }),
      password: newPassword.optional(),
    }),
    responses: { 200: signedIn },
    async handle({ body: { registration: token, code, password } }, context) {
      const { fleet, now } = context;
      const userId = await confirmRegistration(fleet.db, { token, code, password }, now, fleet.settings.locale);
      const { user, headers } = await openInBrowser(context, userId, 'code');
      return { body: { user }, headers };
    },
  }),
];

/** Where the bot is opened. Throws a 409 where nobody can register by it. */
async function botLink({ db, fleet }: Context, hasEmail: boolean): Promise<string> {
  const { telegramToken } = fleet.settings;
  const name = telegramToken && (await usernameOf(db, Number(telegramToken.split(':', 1)[0])));
  if (name) return `https://t.me/${name}`;
  if (!hasEmail && canMail(fleet.settings)) throw notAcceptable('email', 'an e-mail address: a code goes there');
  throw new Refused('conflict', 'registering here is not set up; please ask the studio');
}
