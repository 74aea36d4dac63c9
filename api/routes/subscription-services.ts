import { z } from 'zod';
import type { Sql } from '../../sql/database/database.ts';
import { coveredService, isInCatalogue, servicesOf, setServices } from '../../sql/subscriptions/services.ts';
import { idParams } from '../http/paging.ts';
import { Problem } from '../http/problems.ts';
import { route } from '../http/route.ts';
import { id } from './fields.ts';

const shared = { tag: 'subscriptions', path: '/api/subscriptions/{id}/services', params: idParams } as const;
const services = z.object({ services: z.array(coveredService) }).meta({ id: 'CoveredServices' });

async function demandKnown(db: Sql, subscriptionId: number) {
  if (!(await isInCatalogue(db, subscriptionId))) throw new Problem(404, `there is no subscription ${subscriptionId}`);
}

export const subscriptionServiceRoutes = [
  route({
    ...shared,
    method: 'get',
    summary: 'The services whose bookings a subscription can pay for with a session',
    scope: 'records:read',
    responses: { 200: services },
    async handle({ params }, { db }) {
      await demandKnown(db, params.id);
      return { body: { services: await servicesOf(db, params.id) } };
    },
  }),
  route({
    ...shared,
    method: 'put',
    summary: 'Say which services a subscription covers',
    scope: 'records:write',
    transaction: true,
    body: z
      .strictObject({ service_ids: z.array(id).max(500, { error: 'at most 500 ids' }) })
      .meta({ examples: [{ service_ids: [1] }] }),
    responses: { 200: services },
    async handle({ params, body }, { db }) {
      await demandKnown(db, params.id);
      await setServices(db, params.id, body.service_ids);
      return { body: { services: await servicesOf(db, params.id) } };
    },
  }),
] as const;
