import { z } from 'zod';
import { findSignInRules, signInRulesRow, writeSignInRules } from '../../sql/auth/rules.ts';
import { liftLimit } from '../../sql/auth/sessions.ts';
import { deleteTotp, findTotp, hasTotp, recoveryCodesLeft } from '../../sql/auth/totp.ts';
import { begin, confirm } from '../../workers/sign-in/second-factor.ts';
import { withTries } from '../../workers/sign-in/tries.ts';
import { idParams } from '../http/paging.ts';
import { Problem } from '../http/problems.ts';
import { route } from '../http/route.ts';
import { textField } from '../http/text.ts';
import { codeField, demandPassword } from './sign-in.ts';

const mine = { tag: 'me', scope: null, path: '/me/totp' } as const;
const rules = signInRulesRow.meta({ id: 'SignInRules' });

/** Second factors, and whether the studio demands them. */
export const secondFactorRoutes = [
  route({
    ...mine,
    method: 'get',
    summary: 'Whether I have a second factor, and how many recovery codes are left',
    responses: { 200: z.object({ is_on: z.boolean(), recovery_codes_left: z.int() }) },
    async handle(_input, { db, caller }) {
      const { id } = caller.person!;
      return { body: { is_on: await hasTotp(db, id), recovery_codes_left: await recoveryCodesLeft(db, id) } };
    },
  }),
  route({
    ...mine,
    method: 'post',
    summary: 'Begin to set up a second factor: the secret for an authenticator app, which is shown once',
    secretAnswer: true,
    body: z.strictObject({}),
    bodyOptional: true,
    responses: {
      200: z.object({ secret: z.string(), url: z.string().meta({ description: 'otpauth://, for a QR code' }) }),
    },
    async handle(_input, { fleet, caller }) {
      const { id, first_name, last_name } = caller.person!;
      return { body: await begin(fleet.db, id, `${first_name} ${last_name}`.trim() || `${id}`) };
    },
  }),
  route({
    ...mine,
    method: 'post',
    path: '/me/totp/confirm',
    summary: 'Show a code of the app: the second factor is in force from then on, and this session has shown it',
    secretAnswer: true,
    body: z.strictObject({ code: codeField }),
    responses: {
      200: z.object({
        recovery_codes: z
          .array(z.string())
          .nullable()
          .meta({ description: 'ten, shown once; each is a code once. null: the second factor was in force before' }),
      }),
    },
    async handle({ body }, { fleet, caller, now }) {
      const { id, sessionId } = caller.person!;
      if (!(await findTotp(fleet.db, id))) throw new Problem(409, 'begin with POST /me/totp');
      const codes = await withTries(fleet.db, { what: `code of #${id}` }, now, () => confirm(fleet.db, id, body.code, now));
      await liftLimit(fleet.db, sessionId);
      caller.forget?.();
      return { body: { recovery_codes: codes } };
    },
  }),
  route({
    ...mine,
    method: 'delete',
    summary: 'Take my second factor away, with the password',
    body: z.strictObject({ password: textField(200) }),
    responses: { 204: z.undefined() },
    async handle({ body }, { fleet, caller, now }) {
      await demandPassword(fleet.db, caller.person!, body.password, now, 'password');
      if (!(await deleteTotp(fleet.db, caller.person!.id))) throw new Problem(404, 'there is no second factor');
      caller.forget?.();
      return { status: 204, body: undefined };
    },
  }),
  route({
    method: 'delete',
    path: '/api/people/{id}/totp',
    summary: 'Take the second factor of somebody away who has lost app and recovery codes',
    tag: 'sign-in',
    scope: 'rights:write',
    params: idParams,
    responses: { 204: z.undefined() },
    async handle({ params }, { db }) {
      if (!(await deleteTotp(db, params.id))) throw new Problem(404, `person ${params.id} has no second factor`);
      return { status: 204, body: undefined };
    },
  }),
  route({
    method: 'get',
    path: '/api/sign-in-rules',
    summary: 'What the studio demands of those who sign in',
    tag: 'sign-in',
    scope: 'records:read',
    responses: { 200: rules },
    handle: async (_input, { db }) => ({ body: await findSignInRules(db) }),
  }),
  route({
    method: 'put',
    path: '/api/sign-in-rules',
    summary: 'Demand a second factor of staff, or leave it to them; open sessions without one can set it up and nothing else',
    tag: 'sign-in',
    scope: 'rights:write',
    body: z.strictObject({ staff_totp: signInRulesRow.shape.staff_totp }),
    responses: { 200: rules },
    async handle({ body }, { db, caller, now }) {
      const written = await writeSignInRules(db, body, caller.name, now);
      caller.forget?.();
      return { body: written };
    },
  }),
] as const;
