import { z } from 'zod';
import { addYears, type Day, dayOf } from '../../queues/time/calendar.ts';
import { isClient, payerOfClient } from '../../sql/bookings/clients.ts';
import {
  buyPackage,
  clientPackageRow,
  findClientPackage,
  findOfferedPackage,
  listClientPackages,
} from '../../sql/bookings/packages.ts';
import { shownBalance } from '../../workers/rights.ts';
import { day, idCursor, idParams, page, pageOf, pageQuery, readCursor } from '../http/paging.ts';
import { notAcceptable, Problem } from '../http/problems.ts';
import { type Route, route } from '../http/route.ts';
import { id, oneOf } from './fields.ts';

const item = clientPackageRow.meta({ id: 'ClientPackage' });
/** A first day further away is a slip of the pen. */
const MOST_YEARS = 5;
const shared = { tag: 'clients', params: idParams, path: '/api/clients/{id}/packages' } as const;

export const packageRoutes: Route[] = [
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
      start_date: day
        .optional()
        .meta({ description: `its first day, at most ${MOST_YEARS} years back or ahead; by default today` }),
      pay_from: oneOf(['wallet', 'later']).default('later'),
    }),
    responses: { 201: item },
    async handle({ params, body }, { db, fleet, now, caller }) {
      const payerId = await payerOfClient(db, params.id);
      if (payerId === null) throw new Problem(404, `there is no active client ${params.id}`);
      const today = dayOf(now, fleet.settings.zone);
      const start = demandStart(body.start_date ?? today, today);
      const offered = await findOfferedPackage(db, body.service_package_id);
      if (!offered?.is_active) throw notSold(body.service_package_id);
      const bought = await buyPackage(db, {
        clientId: params.id,
        payerId,
        packageId: body.service_package_id,
        start,
        isPaidNow: body.pay_from === 'wallet',
      });
      if (bought === null) {
        const shown = await shownBalance({ db, caller }, payerId);
        throw new Problem(409, 'the wallet does not cover the price', { price_minor: offered.price_minor, ...shown });
      }
      return { status: 201, body: await findClientPackage(db, bought) };
    },
  }),
];

/** The first day of a package. Throws a 422 for one that is too far away. */
function demandStart(start: Day, today: Day): Day {
  const [first, last] = [addYears(today, -MOST_YEARS), addYears(today, MOST_YEARS)];
  if (start >= first && start <= last) return start;
  throw notAcceptable('start_date', `a day from ${first} to ${last}`);
}

const notSold = (packageId: number) => notAcceptable('service_package_id', `there is no package ${packageId} for sale`);
