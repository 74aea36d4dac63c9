import { z } from 'zod';
import { dayOf } from '../../queues/time/calendar.ts';
import { anyDay } from '../../queues/time/days.ts';
import { isClient, payerOfClient } from '../../sql/bookings/clients.ts';
import {
  buyPackage,
  clientPackageRow,
  findClientPackage,
  findOfferedPackage,
  listClientPackages,
} from '../../sql/bookings/packages.ts';
import { demandOwnPurchase } from '../../workers/finance/own-purchase.ts';
import { judgePackageStart, MOST_YEARS } from '../../workers/packages/policy.ts';
import { shownBalance } from '../../workers/rights.ts';
import { demandActive } from '../../workers/subscriptions/policy.ts';
import { idCursor, idParams, page, pageOf, pageQuery, readCursor } from '../http/paging.ts';
import { Problem, unacceptable } from '../http/problems.ts';
import { route } from '../http/route.ts';
import { id, oneOf } from './fields.ts';

const item = clientPackageRow.meta({ id: 'ClientPackage' });
const shared = { tag: 'clients', params: idParams, path: '/api/clients/{id}/packages' } as const;

export const packageRoutes = [
  route({
    ...shared,
    method: 'get',
    summary: "A client's packages with the units that are left",
    scope: 'bookings:read',
    query: z.strictObject(pageQuery),
    responses: { 200: pageOf(item) },
    async handle({ params, query }, { db }) {
      if (!(await isClient(db, params.id))) throw new Problem(404, `there is no client ${params.id}`);
      const rows = await listClientPackages(db, params.id, readCursor(query.cursor, idCursor) ?? 0, query.limit + 1);
      return { body: page(rows, query.limit, (row) => row.id) };
    },
  }),
  route({
    ...shared,
    method: 'post',
    summary: 'Sell a package to a client: usable at once, paid from the wallet now or by its invoice later',
    scope: 'money:write',
    transaction: true,
    body: z.strictObject({
      service_package_id: id,
      start_date: anyDay.optional().meta({
        description: `its first day, at most ${MOST_YEARS} years ahead; it may be past, as long as the term is not over; by default today`,
      }),
      pay_from: oneOf(['wallet', 'later']).default('later'),
    }),
    responses: { 201: item },
    async handle({ params, body }, { db, fleet, now, caller, whose }) {
      const client = await payerOfClient(db, params.id);
      if (!client) throw new Problem(404, `there is no client ${params.id}`);
      demandActive(client.is_active, `the client ${params.id}`);
      const payerId = client.payer_id;
      const today = dayOf(now, fleet.settings.zone);
      const offered = await findOfferedPackage(db, body.service_package_id);
      if (!offered?.is_active) throw notSold(body.service_package_id);
      const start = body.start_date ?? today;
      judgePackageStart(start, offered, today);
      const payFrom = body.pay_from;
      if (!whose.everything) await demandOwnPurchase(db, { caller, holderId: params.id, payerId, payFrom, start, today });
      const bought = await buyPackage(db, {
        clientId: params.id,
        payerId,
        packageId: body.service_package_id,
        start,
        today,
        isPaidNow: payFrom === 'wallet',
      });
      if (bought === null) {
        const shown = await shownBalance({ db, caller }, payerId);
        throw new Problem(409, 'the wallet does not cover the price', { price_minor: offered.price_minor, ...shown });
      }
      return { status: 201, body: await findClientPackage(db, bought) };
    },
  }),
] as const;

const notSold = (packageId: number) => unacceptable('service_package_id', `there is no package ${packageId} for sale`);
