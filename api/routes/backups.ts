import { z } from 'zod';
import { backupRow, listBackups } from '../../sql/backups/backups.ts';
import { idCursor, page, pageOf, pageQuery, readCursor } from '../http/paging.ts';
import { type Route, route } from '../http/route.ts';

export const backupRoutes: Route[] = [
  route({
    method: 'get',
    path: '/api/backups',
    summary: 'Backups, newest first: what lies where, what was checked by a restore, and what failed',
    tag: 'processes',
    scope: 'history:read',
    query: z.strictObject(pageQuery),
    responses: { 200: pageOf(backupRow.meta({ id: 'Backup' })) },
    async handle({ query: { cursor, limit } }, { db }) {
      const before = readCursor(cursor, idCursor);
      const rows = await listBackups(db, { before, limit: limit + 1 });
      return { body: page(rows, limit, (row) => row.id) };
    },
  }),
];
