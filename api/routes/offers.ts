import { z } from 'zod';
import {
  isService,
  linkOffer,
  listOffers,
  offerLinkRow,
  type ServiceLink,
  unlinkOffer,
} from '../../sql/bookings/specialist-services.ts';
import { idCursor, idParams, page, pageOf, pageQuery, readCursor } from '../http/paging.ts';
import { Problem } from '../http/problems.ts';
import { type Context, type Route, route } from '../http/route.ts';
import { idOf } from './fields.ts';

async function demandService(db: Context['db'], serviceId: number) {
  if (!(await isService(db, serviceId))) throw new Problem(404, `there is no service ${serviceId}`);
}

/** Who gives a service, and where. */
export const offerRoutes: Route[] = [
  ...linkRoutes('rooms', 'room', 'room_id'),
  ...linkRoutes('specialists', 'specialist', 'specialist_id'),
];

function linkRoutes(kind: ServiceLink, noun: string, field: 'room_id' | 'specialist_id'): Route[] {
  const path = `/api/services/{id}/${kind}`;
  const item = offerLinkRow.meta({ id: `Service${noun.replace(/^./, (letter) => letter.toUpperCase())}` });
  const shared = { tag: 'services', params: idParams };
  return [
    route({
      ...shared,
      method: 'get',
      path,
      summary: `The ${kind} of a service`,
      scope: 'records:read',
      query: z.strictObject(pageQuery),
      responses: { 200: pageOf(item) },
      async handle({ params, query }, { db }) {
        await demandService(db, params.id);
        const rows = await listOffers(db, kind, params.id, readCursor(query.cursor, idCursor) ?? 0, query.limit + 1);
        return { body: page(rows, query.limit, (row) => row.id) };
      },
    }),
    route({
      ...shared,
      method: 'post',
      path,
      summary: `Give a service a ${noun}`,
      scope: 'records:write',
      transaction: true,
      body: z.strictObject({ [field]: idOf(`the ${noun}`) }),
      responses: { 201: item },
      async handle({ params, body }, { db }) {
        await demandService(db, params.id);
        const linked = Number(body[field]);
        await linkOffer(db, kind, params.id, linked);
        const [link] = await listOffers(db, kind, params.id, linked - 1, 1);
        if (!link) throw new Problem(404, `the service ${params.id} has no ${noun} ${linked}`);
        return { status: 201, body: link };
      },
    }),
    route({
      tag: 'services',
      method: 'delete',
      path: `${path}/{${field}}`,
      summary: `Take a ${noun} from a service; bookings already made stay`,
      scope: 'records:write',
      params: z.object({ id: idParams.shape.id, [field]: idParams.shape.id }),
      responses: { 204: z.undefined() },
      async handle({ params }, { db }) {
        const linked = Number(params[field]);
        if (!(await unlinkOffer(db, kind, Number(params.id), linked))) {
          throw new Problem(404, `the service ${params.id} has no ${noun} ${linked}`);
        }
        return { status: 204, body: undefined };
      },
    }),
  ];
}
