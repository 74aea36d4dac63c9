import { z } from 'zod';
import { isClient } from '../../sql/bookings/clients.ts';
import { listRecords } from '../../sql/records/records.ts';
import { idCursor, idParams, page, pageOf, pageQuery, readCursor } from '../http/paging.ts';
import { Problem } from '../http/problems.ts';
import { route } from '../http/route.ts';
import { clientDiscounts } from './booking-declarations.ts';

const { kind } = clientDiscounts;

export const clientDiscountRoutes = [
  route({
    method: 'get',
    path: '/api/clients/{id}/discounts',
    summary: "A client's discounts, also those that are over or switched off",
    tag: 'clients',
    scope: 'bookings:read',
    params: idParams,
    query: z.strictObject(pageQuery),
    responses: { 200: pageOf(kind.row) },
    async handle({ params, query }, { db }) {
      if (!(await isClient(db, params.id))) throw new Problem(404, `there is no client ${params.id}`);
      const after = readCursor(query.cursor, idCursor);
      const rows = await listRecords(db, kind, { filter: { client_id: params.id }, after, limit: query.limit + 1 });
      return { body: page(rows as { id: number }[], query.limit, (row) => row.id) };
    },
  }),
] as const;
