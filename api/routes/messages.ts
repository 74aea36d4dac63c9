import { z } from 'zod';
import { listMessages, messageRow, messageStatuses } from '../../sql/notifications/sent.ts';
import { idCursor, page, pageOf, pageQuery, readCursor } from '../http/paging.ts';
import { route } from '../http/route.ts';
import { oneOf } from './fields.ts';

export const messageRoutes = [
  route({
    method: 'get',
    path: '/api/messages',
    summary: 'Messages to people and admins, newest first: what became of each, and why one was not sent',
    tag: 'notifications',
    scope: 'records:read',
    query: z.strictObject({ status: oneOf(messageStatuses).optional(), ...pageQuery }),
    responses: { 200: pageOf(messageRow.meta({ id: 'Message' })) },
    async handle({ query: { status, cursor, limit } }, { db }) {
      const rows = await listMessages(db, { status, before: readCursor(cursor, idCursor), limit: limit + 1 });
      return { body: page(rows, limit, (row) => row.id) };
    },
  }),
] as const;
