import { z } from 'zod';
import { severities } from '../../sql/alerts/conditions.ts';
import { type AlertItem, acknowledgeAlert, alertItem, listAlerts } from '../../sql/alerts/list.ts';
import { idCursor, idParams, page, pageOf, pageQuery, readCursor } from '../http/paging.ts';
import { Problem } from '../http/problems.ts';
import { route } from '../http/route.ts';

const answer = alertItem
  .extend({
    severity: z.enum(['warning', 'error', 'critical']).meta({
      description: 'warning: told in Telegram; error: by e-mail as well; critical: by SMS as well',
    }),
  })
  .meta({ id: 'Alert' });
const answerOf = (alert: AlertItem) => ({ ...alert, severity: severities[alert.template] });

export const alertRoutes = [
  route({
    method: 'get',
    path: '/api/alerts',
    summary: 'Alarms, newest first: what each is about, since when, and who has taken note of it',
    tag: 'watching',
    scope: 'history:read',
    query: z.strictObject({
      state: z
        .enum(['open', 'over'], { error: 'open or over' })
        .optional()
        .meta({ description: 'open: those that go on; without it both' }),
      ...pageQuery,
    }),
    responses: { 200: pageOf(answer) },
    async handle({ query: { cursor, limit, state } }, { db }) {
      const before = readCursor(cursor, idCursor);
      const isOpen = state === undefined ? undefined : state === 'open';
      const rows = await listAlerts(db, { isOpen, before, limit: limit + 1 });
      const { items, next_cursor } = page(rows, limit, (row) => row.id);
      return { body: { items: items.map(answerOf), next_cursor } };
    },
  }),
  route({
    method: 'post',
    path: '/api/alerts/{id}/acknowledge',
    summary: 'Note that you have taken note of an alarm, so that it goes no further; whoever did first stays',
    tag: 'watching',
    scope: 'schedule:write',
    params: idParams,
    body: z.strictObject({}),
    bodyOptional: true,
    responses: { 200: answer },
    async handle({ params }, { db, caller }) {
      const alert = await acknowledgeAlert(db, { id: params.id }, caller.name, new Date());
      if (!alert) throw new Problem(404, `there is no alert ${params.id}`);
      return { body: answerOf(alert) };
    },
  }),
] as const;
