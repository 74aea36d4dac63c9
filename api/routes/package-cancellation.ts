import { z } from 'zod';
import { holdingRow } from '../../sql/bookings/take-back.ts';
import { packageTakenBack, takeBack } from '../../workers/packages/take-back.ts';
import { idParams } from '../http/paging.ts';
import { problemBody } from '../http/problems.ts';
import { type Route, route } from '../http/route.ts';
import { reasonBody } from './money.ts';

const { id } = idParams.shape;
const stillHeld = problemBody.extend({
  bookings: z.array(holdingRow).optional().meta({ description: 'bookings to come that hold its units' }),
});

export const packageCancellationRoutes: Route[] = [
  route({
    tag: 'clients',
    method: 'post',
    path: '/api/clients/{id}/packages/{package_id}/cancel',
    summary: 'Take the sale of a package back: unused units go out, their share of the price is given back',
    scope: 'money:write',
    transaction: true,
    params: z.object({ id, package_id: id }),
    body: reasonBody,
    responses: { 200: packageTakenBack, 409: stillHeld },
    handle: async ({ params, body }, context) => ({
      body: await takeBack(context, { clientId: params.id, id: params.package_id, reason: body.reason }),
    }),
  }),
];
