import { z } from 'zod';
import { dayOf } from '../../queues/time/calendar.ts';
import { deleteRecord, findRecord, insertRecord, listRecords, updateRecord } from '../../sql/records/records.ts';
import { policy } from '../auth/policy.ts';
import { idCursor, idParams, page, pageOf, pageQuery, readCursor } from '../http/paging.ts';
import { Problem, unacceptable } from '../http/problems.ts';
import { type Context, type Route, route } from '../http/route.ts';
import type { RecordDeclaration } from './plain-record.ts';
import { declarations } from './record-declarations.ts';

/** List, read, create and change: the same four routes for every declared record. */
export const recordRoutes: Route[] = declarations.flatMap(routesOf);

/** As what the records at a path are somebody's: as the policy has it for one of them. */
const kindAt = (path: string) => policy[`GET ${path}/{id}`]?.rows?.['params.id'];

function routesOf(declared: RecordDeclaration): Route[] {
  const { path, noun, fields, filters = [], kind, isDeletable = false } = declared;
  const shown = declared.example
    ? {
        get examples() {
          return [declared.example as Record<string, unknown>];
        },
      }
    : {};
  const item = kind.row.meta({ id: noun.replaceAll(/(?:^| )(\w)/g, (_, letter: string) => letter.toUpperCase()) });
  const single = declared.answer?.schema ?? item;
  const shared = { tag: path.split('/').at(-1) ?? path, params: idParams };
  const required = z.strictObject(fields).meta(shown);
  const optional = required
    .partial()
    .refine((body) => Object.keys(body).length > 0, { error: `at least one of ${Object.keys(fields).join(', ')}` })
    .meta(shown);
  const query = z.strictObject({ ...Object.fromEntries(filters.map((name) => [name, filterOf(fields[name])])), ...pageQuery });
  return [
    route({
      ...shared,
      params: undefined,
      method: 'get',
      path,
      summary: `List ${shared.tag}`,
      scope: 'records:read',
      query,
      responses: { 200: pageOf(item) },
      async handle({ query: { limit, cursor, ...filter } }, { db, whose }) {
        const after = readCursor(cursor as string | undefined, idCursor);
        const rows = await listRecords(db, kind, { filter, whose, kindOfRows: kindAt(path), after, limit: Number(limit) + 1 });
        return { body: page(rows as { id: number }[], Number(limit), (row) => row.id) };
      },
    }),
    route({
      ...shared,
      method: 'get',
      path: `${path}/{id}`,
      summary: `Read a ${noun}`,
      scope: 'records:read',
      responses: { 200: single },
      handle: async ({ params }, context) => ({ body: await answered(declared, params.id, context) }),
    }),
    route({
      ...shared,
      params: undefined,
      method: 'post',
      path,
      summary: `Create a ${noun}`,
      scope: 'records:write',
      transaction: true,
      body: required,
      responses: { 201: single },
      async handle({ body }, context) {
        demandRule(declared, body);
        demandOnDay(declared, body, context);
        await declared.demands?.({ id: null, before: null, body }, context);
        await demandReferences(declared, body, context.db);
        await demandNoConflict(declared, body, context.db);
        const id = await insertRecord(context.db, kind, withDefaults(declared, body, context));
        return { status: 201, body: await answered(declared, id, context), headers: { Location: `${path}/${id}` } };
      },
    }),
    route({
      ...shared,
      method: 'patch',
      path: `${path}/{id}`,
      summary: `Change a ${noun}`,
      scope: 'records:write',
      transaction: true,
      body: optional,
      responses: { 200: single },
      async handle({ params, body }, context) {
        const { db } = context;
        const before = await found(db, declared, params.id);
        demandRule(declared, { ...before, ...body });
        demandOnDay(declared, body, context);
        await declared.demands?.({ id: params.id, before, body }, context);
        await demandReferences(declared, body, db);
        await updateRecord(db, kind, params.id, body);
        return { body: await answered(declared, params.id, context) };
      },
    }),
    ...(isDeletable ? [deletion(declared)] : []),
  ];
}

function deletion({ path, noun, kind }: RecordDeclaration): Route {
  return route({
    method: 'delete',
    path: `${path}/{id}`,
    summary: `Delete a ${noun}`,
    tag: path.split('/').at(-1) ?? path,
    scope: 'records:write',
    params: idParams,
    responses: { 204: z.undefined() },
    async handle({ params }, { db }) {
      if (!(await deleteRecord(db, kind, params.id))) throw new Problem(404, `there is no ${noun} ${params.id}`);
      return { status: 204, body: undefined };
    },
  });
}

function demandRule({ rule }: RecordDeclaration, record: Record<string, unknown>) {
  const wrong = rule?.(record);
  if (wrong) throw unacceptable(wrong.path, wrong.message);
}

function demandOnDay({ onDay }: RecordDeclaration, body: Record<string, unknown>, { now, fleet }: Context) {
  const wrong = onDay?.(body, dayOf(now, fleet.settings.zone));
  if (wrong) throw unacceptable(wrong.path, wrong.message);
}

async function demandReferences({ refersTo }: RecordDeclaration, body: Record<string, unknown>, db: Context['db']) {
  const wrong = await refersTo?.(body, db);
  if (wrong) throw unacceptable(wrong.path, wrong.message);
}

async function demandNoConflict({ conflict }: RecordDeclaration, body: Record<string, unknown>, db: Context['db']) {
  const why = await conflict?.(body, db);
  if (why) throw new Problem(409, why);
}

async function answered(declared: RecordDeclaration, id: number, context: Context): Promise<object> {
  const record = await found(context.db, declared, id);
  return declared.answer ? declared.answer.of(record, context) : record;
}

async function found(db: Context['db'], { kind, noun }: RecordDeclaration, id: number) {
  const record = await findRecord(db, kind, id);
  if (!record) throw new Problem(404, `there is no ${noun} ${id}`);
  return record as Record<string, unknown>;
}

const withDefaults = ({ todayField }: RecordDeclaration, body: Record<string, unknown>, { now, fleet }: Context) =>
  todayField ? { [todayField]: dayOf(now, fleet.settings.zone), ...body } : body;

/** A filter comes as text: unless the field is text itself, a number or a boolean is read from it; then the field judges. */
function filterOf(field: z.ZodType = z.never()): z.ZodType {
  const read = (text: unknown) => {
    if (typeof text !== 'string' || field.safeParse(text).success) return text;
    if (text === 'true' || text === 'false') return text === 'true';
    return /^\d{1,16}$/.test(text) ? Number(text) : text;
  };
  return z.preprocess(read, field).optional();
}
