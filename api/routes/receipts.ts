import { z } from 'zod';
import { LOCALES } from '../../sql/database/locale.ts';
import { findReceipt } from '../../sql/finance/receipt.ts';
import { findCompany } from '../../sql/records/company.ts';
import { receiptOf } from '../../workers/finance/receipt.ts';
import { pageAnswer } from '../http/file.ts';
import { idParams } from '../http/paging.ts';
import { Problem } from '../http/problems.ts';
import { route } from '../http/route.ts';
import { oneOf } from './fields.ts';

/** What somebody is given for their money. */
export const receiptRoutes = [
  route({
    method: 'get',
    path: '/api/payments/{id}/receipt.svg',
    summary: 'The receipt of a payment with what of it went back so far, A5, to print',
    tag: 'money',
    scope: 'money:read',
    produces: 'image/svg+xml',
    params: idParams,
    query: z.strictObject({
      locale: oneOf(LOCALES).optional().meta({ description: "the language of its words; by default the studio's" }),
    }),
    responses: { 200: z.string() },
    async handle({ params, query }, { db, fleet: { settings } }) {
      const found = await findReceipt(db, params.id);
      if (!found) throw new Problem(404, `there is no payment ${params.id}`);
      const content = receiptOf(found, {
        company: await findCompany(db),
        zone: settings.zone,
        locale: query.locale ?? settings.locale,
        currency: settings.currency,
      });
      return pageAnswer(`receipt-${found.payment.id}`, content);
    },
  }),
] as const;
