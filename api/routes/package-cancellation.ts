import { z } from 'zod';
import { holdingRow } from '../../sql/bookings/take-back.ts';
import { packageTakenBack, takeBackPackage } from '../../workers/packages/take-back.ts';
import { idParams } from '../http/paging.ts';
import { problemBody } from '../http/problems.ts';
import { type Context, route } from '../http/route.ts';
import { undone } from '../http/undone.ts';
import { isDry } from './fields.ts';
import { reasonBody } from './money.ts';

const { id } = idParams.shape;
const stillHeld = problemBody.extend({
  bookings: z.array(holdingRow).optional().meta({ description: 'bookings to come that hold its units' }),
});

export const packageCancellationRoutes = [
  route({
    tag: 'clients',
    method: 'post',
    path: '/api/clients/{id}/packages/{package_id}/cancel',
    summary: 'Take the sale of a package back: unused units go out, their share of the price is given back',
    scope: 'money:write',
    transaction: true,
    params: z.object({ id, package_id: id }),
    body: reasonBody.extend({ dry_run: isDry }),
    responses: { 200: packageTakenBack.extend({ dry_run: z.boolean() }).meta({ id: 'PackageCancelled' }), 409: stillHeld },
    async handle({ params, body: { reason, dry_run } }, context) {
      const act = async (db: Context['db']) => ({
        ...(await takeBackPackage({ db, now: context.now }, { clientId: params.id, id: params.package_id, reason })),
        dry_run,
      });
      return { body: await (dry_run ? undone(context, act) : act(context.db)) };
    },
  }),
] as const;
