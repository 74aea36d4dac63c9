import { z } from 'zod';
import { changeRow, listChanges, records } from '../../sql/changes/log.ts';
import { idParams, page, pageOf, pageQuery, readCursor } from '../http/paging.ts';
import { type Route, route } from '../http/route.ts';
import { textField } from '../http/text.ts';
import { oneOf } from './fields.ts';

export const changeRoutes: Route[] = [
  route({
    method: 'get',
    path: '/api/changes',
    summary: 'What was before: changes of people, registrations, subscriptions, trainings, prices and rights, the latest first',
    tag: 'changes',
    scope: 'history:read',
    query: z.strictObject({
      record: oneOf(records).optional(),
      record_id: idParams.shape.id
        .optional()
        .meta({ description: 'with record; of a role or command right the person, of a guardian the student' }),
      actor: textField(100)
        .optional()
        .meta({ description: "a key's name, person:ID, telegram:ID or system", examples: ['person:1'] }),
      ...pageQuery,
    }),
    responses: { 200: pageOf(changeRow.meta({ id: 'Change' })) },
    async handle({ query }, { db }) {
      const rows = await listChanges(db, {
        record: query.record,
        recordId: query.record_id,
        actor: query.actor,
        before: readCursor(query.cursor, z.int()),
        limit: query.limit + 1,
      });
      return { body: page(rows, query.limit, (row) => row.id) };
    },
  }),
];
