import type { Request, Response } from 'express';
import { dayOf } from '../../queues/time/calendar.ts';
import { findSession } from '../../sql/auth/sessions.ts';
import { usernameOf } from '../../sql/bot/links.ts';
import { canMail } from '../../workers/notifier/channels/mail.ts';
import { tokenHash } from '../../workers/sign-in/tokens.ts';
import { callerFrom } from '../auth/person.ts';
import type { Caller } from '../http/caller.ts';
import { type CodeStep, typedOf, type WrongFields, wrongOf } from './contact-form.ts';
import { askRoute, refusalFrom, type SiteParts } from './site.ts';
import type { View } from './view.ts';

/** Of the text that a visitor agrees to (`contact.consent`). */
const CONSENT = 'booking-site-1';

/** By what a code can reach a newcomer. */
export async function waysToCode({ open: { fleet } }: SiteParts): Promise<{ mail: boolean; telegram: boolean }> {
  const { telegramToken } = fleet.settings;
  const bot = telegramToken && (await usernameOf(fleet.db, Number(telegramToken.split(':', 1)[0])));
  return { mail: canMail(fleet.settings), telegram: Boolean(bot) };
}

export type FormTrouble = { trouble?: string; wrong?: WrongFields; status: number };

/** Asks for the code of who typed this. Returns the step of the code, or what is wrong. */
export async function askForCode(
  parts: SiteParts,
  view: View,
  request: Request,
  response: Response,
): Promise<{ code: CodeStep } | FormTrouble> {
  const { t } = view;
  const typed = typedOf(request.body);
  const missing: WrongFields = {
    ...(typed.first_name?.trim() ? {} : { first_name: t('wrong.first_name') }),
    ...(typed.phone?.trim() ? {} : { phone: t('wrong.phone') }),
    ...(typed.consent ? {} : { consent: t('wrong.consent') }),
  };
  if (Object.keys(missing).length > 0) return { wrong: missing, status: 422 };
  const { first_name, last_name = '', phone, email } = typed;
  const body = {
    first_name,
    last_name,
    phone,
    ...(email?.trim() ? { email } : {}),
    locale: view.locale,
    consent: { text_version: CONSENT },
  };
  try {
    const answer = await askRoute(parts, request, response, { operation: 'POST /auth/register', body });
    const { registration, by, href } = answer.body as { registration: string; by: string; href?: string };
    return { code: { registration, by, href, typed } };
  } catch (error) {
    return refusalOf(view, error);
  }
}

export const codeStepOf = ({ body }: Request): CodeStep => ({
  registration: String(body.registration ?? ''),
  by: String(body.by ?? ''),
  ...(/^https:\/\/t\.me\/\w+\?start=[\w-]+$/.test(String(body.href ?? '')) ? { href: String(body.href) } : {}),
  typed: typedOf(body),
});

/** Shows the code: returns who may go on, whose cookies go with the answer, or what is wrong; `isOver` where a new code is needed. */
export async function showCode(
  parts: SiteParts,
  view: View,
  request: Request,
  response: Response,
): Promise<{ caller: Caller; personId: number } | (FormTrouble & { isOver: boolean })> {
  const { registration } = codeStepOf(request);
  try {
    const body = { registration, code: String(request.body.code ?? '').trim() };
    const { headers } = await askRoute(parts, request, response, { operation: 'POST /auth/register/confirm', body });
    const cookies = [headers?.['Set-Cookie'] ?? []].flat();
    response.append('Set-Cookie', cookies);
    const caller = await callerOfCookie(parts, cookies);
    return { caller, personId: caller.personId as number };
  } catch (error) {
    const refused = refusalOf(view, error);
    const isOver = refused.status === 404 || refused.status === 409;
    return { ...refused, isOver, ...(refused.status === 404 ? { trouble: view.t('trouble.code_over') } : {}) };
  }
}

async function callerOfCookie({ open: { fleet } }: SiteParts, cookies: readonly string[]): Promise<Caller> {
  const [, token = ''] = /^sf_session=([^;]+)/.exec(cookies.find((cookie) => cookie.startsWith('sf_session=')) ?? '') ?? [];
  const now = new Date();
  const session = await findSession(fleet.db, tokenHash(token), now, dayOf(now, fleet.settings.zone));
  if (!session) throw new TypeError('a session that was just opened is not there');
  return callerFrom(session, { isStillLetIn: async () => true });
}

function refusalOf(view: View, error: unknown): FormTrouble {
  const { status, errors } = refusalFrom(error);
  const wrong = wrongOf(view, errors);
  if (Object.keys(wrong).length > 0) return { wrong, status };
  return { status, trouble: view.t(status === 429 ? 'trouble.many' : status === 409 ? 'trouble.known' : 'trouble.conflict') };
}
