import { z } from 'zod';
import { findAccount } from '../../sql/auth/passwords.ts';
import { isPerson } from '../../sql/auth/people.ts';
import { publicUrl } from '../../workers/fleet/ask-api.ts';
import { demandScope, demandSigningInAs } from '../../workers/rights.ts';
import { invite, type MadeLink, makePasswordLink } from '../../workers/sign-in/links.ts';
import { countryOf, loginFrom } from '../../workers/sign-in/login.ts';
import { idParams } from '../http/paging.ts';
import { Problem } from '../http/problems.ts';
import { type Context, route } from '../http/route.ts';
import { textField } from '../http/text.ts';
import { oneOf } from './fields.ts';
import { loginField } from './sign-in.ts';

const madeLink = z.object({ url: z.string(), expires_at: z.iso.datetime() }).meta({ id: 'SignInLink' });
const shared = {
  tag: 'sign-in',
  scope: 'records:write',
  transaction: true,
  secretAnswer: true,
  responses: { 201: madeLink },
} as const;

/** Links by which people come in; each is shown once and kept nowhere. */
export const invitationRoutes = [
  route({
    ...shared,
    method: 'post',
    path: '/api/invitations',
    summary:
      'Invite somebody: a link by which they set a password, once, within seven days. Owners and admins are invited with the scope of rights',
    body: z.strictObject({
      login: loginField,
      role: oneOf(['owner', 'admin', 'trainer', 'client', 'vending_owner']),
      first_name: textField(100).optional(),
      last_name: textField(100, 0).optional(),
    }),
    async handle({ body }, context) {
      const { db, caller, now, fleet } = context;
      if (body.role === 'owner' || body.role === 'admin')
        demandScope(caller, 'rights:write', `inviting somebody as ${body.role}`);
      const login = loginFrom(body.login, countryOf(fleet.settings.zone));
      const known = login && (await findAccount(db, login));
      if (known) await demandSigningInAs(context, known.user_id);
      const { login: typed, role, first_name: firstName, last_name: lastName } = body;
      return shown(
        context,
        await invite(db, { login: typed, role, firstName, lastName, by: caller.name }, now, fleet.settings.zone),
      );
    },
  }),
  route({
    ...shared,
    method: 'post',
    path: '/api/people/{id}/password-link',
    summary: 'A link by which a person sets a new password, once, within an hour',
    params: idParams,
    body: z.strictObject({}),
    bodyOptional: true,
    async handle({ params }, context) {
      if (!(await isPerson(context.db, params.id))) throw new Problem(404, `there is no person ${params.id}`);
      await demandSigningInAs(context, params.id);
      return shown(context, await makePasswordLink(context.db, params.id, context.caller.name, context.now));
    },
  }),
] as const;

const shown = ({ fleet }: Context, { path, expires_at }: MadeLink) => ({
  status: 201 as const,
  body: { url: `${publicUrl(fleet.settings)}${path}`, expires_at },
});
