import { z } from 'zod';
import { companyRow, findCompany, writeCompany } from '../../sql/records/company.ts';
import { Problem } from '../http/problems.ts';
import { type Route, route } from '../http/route.ts';
import { email, phone, textField, webAddress } from '../http/text.ts';

const item = companyRow.meta({ id: 'Company' });
const shared = { tag: 'company', path: '/api/company' } as const;

export const companyRoutes: Route[] = [
  route({
    ...shared,
    method: 'get',
    summary: 'Whose studio this is',
    scope: 'records:read',
    responses: { 200: item },
    async handle(_, { db }) {
      const company = await findCompany(db);
      if (!company) throw new Problem(404, 'nobody has said yet whose studio this is: PUT /api/company does');
      return { body: company };
    },
  }),
  route({
    ...shared,
    method: 'put',
    summary: 'Say whose studio this is, in place of what was said before; what is not given is empty',
    scope: 'records:write',
    transaction: true,
    body: z.strictObject({
      name: textField(200).meta({ examples: ['Studio on Main Street'] }),
      phone: phone.nullable().default(null),
      email: email.nullable().default(null),
      website: webAddress.nullable().default(null),
      description: textField(5_000).nullable().default(null),
    }),
    responses: { 200: item, 201: item },
    async handle({ body }, { db }) {
      const isNew = (await findCompany(db)) === null;
      return { status: isNew ? 201 : 200, body: await writeCompany(db, body) };
    },
  }),
];
