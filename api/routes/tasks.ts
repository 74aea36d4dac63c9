import { z } from 'zod';
import { dataTaskKinds } from '../../sql/tasks/data-requests.ts';
import { addTask, findTask, finishTask, listedTask, listTasks, reopenTask, taskRow } from '../../sql/tasks/tasks.ts';
import { idCursor, idParams, page, pageOf, pageQuery, readCursor } from '../http/paging.ts';
import { Problem, unacceptable } from '../http/problems.ts';
import { route } from '../http/route.ts';
import { textField, wording } from '../http/text.ts';

const KIND = 'lower-case letters, digits and _, 1 to 60 of them, a letter first';
const kind = z.string({ error: KIND }).regex(/^[a-z][a-z0-9_]{0,59}$/, { error: KIND });
const OBJECT = 'a JSON object';

const taskItem = taskRow.meta({ id: 'Task' });
const shared = { tag: 'tasks' } as const;

/** What the admins are to look at. */
export const taskRoutes = [
  route({
    ...shared,
    method: 'get',
    path: '/api/tasks',
    summary: 'Tasks for the admins, newest first; those hidden by the cleanup only when asked for',
    scope: 'tasks:read',
    query: z.strictObject({
      status: z.enum(['open', 'done'], { error: 'open or done' }).optional(),
      kind: kind.optional(),
      hidden: z
        .enum(['true', 'false'], { error: 'true or false' })
        .default('false')
        .meta({ description: 'true: those that were hidden too' }),
      ...pageQuery,
    }),
    responses: { 200: pageOf(listedTask.meta({ id: 'ListedTask' })) },
    async handle({ query: { cursor, limit, hidden, ...of } }, { db }) {
      const before = readCursor(cursor, idCursor);
      const rows = await listTasks(db, { ...of, hidden: hidden === 'true', before, limit: limit + 1 });
      return { body: page(rows, limit, (row) => row.id) };
    },
  }),
  route({
    ...shared,
    method: 'post',
    path: '/api/tasks',
    summary: 'Write a task; under a key it is written once',
    scope: 'tasks:write',
    body: z.strictObject({
      kind: kind.default('by_hand'),
      title: textField(500).meta({ examples: ['Call the plumber'] }),
      details: z.record(z.string(), z.json(), { error: OBJECT }).default({}),
      dedupe_key: textField(255)
        .optional()
        .meta({ description: 'a second task with the same key is refused (409)', examples: ['plumber-2026-11'] }),
    }),
    responses: { 201: taskItem },
    async handle({ body }, { db, caller }) {
      const { kind, title, details, dedupe_key } = body;
      return { status: 201, body: await addTask(db, { kind, title, details, dedupe: dedupe_key ?? null, by: caller.name }) };
    },
  }),
  route({
    ...shared,
    method: 'get',
    path: '/api/tasks/{id}',
    summary: 'One task with all its details',
    scope: 'tasks:read',
    params: idParams,
    responses: { 200: taskItem },
    async handle({ params }, { db }) {
      const task = await findTask(db, params.id);
      if (!task) throw new Problem(404, `there is no task ${params.id}`);
      return { body: task };
    },
  }),
  route({
    ...shared,
    method: 'post',
    path: '/api/tasks/{id}/done',
    summary:
      'Note a task as done; a second time changes nothing. What somebody asked about their data is done with what was answered',
    scope: 'tasks:write',
    transaction: true,
    params: idParams,
    body: z.strictObject({
      answer: wording
        .optional()
        .meta({ description: 'what somebody was answered who asked about their data (R30); they may read it' }),
    }),
    bodyOptional: true,
    responses: { 200: taskItem },
    async handle({ params, body: { answer } }, { db, caller }) {
      const task = await findTask(db, params.id);
      if (!task) throw new Problem(404, `there is no task ${params.id}`);
      if (task.done_at === null && answer === undefined && dataTaskKinds.includes(task.kind))
        throw unacceptable('answer', 'what was answered, or why nothing was done');
      return { body: (await finishTask(db, params.id, caller.name, answer)) ?? task };
    },
  }),
  route({
    ...shared,
    method: 'post',
    path: '/api/tasks/{id}/reopen',
    summary: 'Take back that a task is done; a second time changes nothing',
    scope: 'tasks:write',
    transaction: true,
    params: idParams,
    body: z.strictObject({}),
    bodyOptional: true,
    responses: { 200: taskItem },
    async handle({ params }, { db }) {
      const task = await reopenTask(db, params.id);
      if (!task) throw new Problem(404, `there is no task ${params.id}`);
      return { body: task };
    },
  }),
] as const;
