import { z } from 'zod';
import { dayOf } from '../../queues/time/calendar.ts';
import { isPerson, namesOf } from '../../sql/auth/people.ts';
import { consentKinds, consentRow, listConsents } from '../../sql/people/consents.ts';
import { erasureObstacle } from '../../sql/people/erase.ts';
import { erasureRow, findErasure, linesOfErasure, listErasures } from '../../sql/people/erasures.ts';
import { withoutOthers } from '../../sql/people/others.ts';
import { findKnown, ownRows } from '../../sql/people/own-data.ts';
import { findCompany } from '../../sql/records/company.ts';
import { fileErasures } from '../../workers/backups/erasures.ts';
import { erasureActOf, MOST_LINES } from '../../workers/people/act.ts';
import { consent, withdraw } from '../../workers/people/consents.ts';
import { erase } from '../../workers/people/erase.ts';
import { demandScope } from '../../workers/rights.ts';
import { pageAnswer } from '../http/file.ts';
import { idCursor, idParams, instantCursor, page, pageOf, pageQuery, readCursor } from '../http/paging.ts';
import { Problem, problemBody } from '../http/problems.ts';
import { type Context, route } from '../http/route.ts';
import { textField } from '../http/text.ts';
import { undone } from '../http/undone.ts';
import { idOf, isDry, oneOf } from './fields.ts';

const shared = { tag: 'people' } as const;
const path = '/api/people/{id}';
const consentItem = consentRow.meta({ id: 'Consent' });
export const ownData = z.object({
  person_id: z.int(),
  made_at: z.iso.datetime(),
  tables: z
    .record(z.string(), z.array(z.record(z.string(), z.unknown())))
    .meta({ description: 'every table that names the person, each with the rows that do' }),
});

/** What a browser keeps under a name, not shows. */
export async function fileOf({ db, now }: Context, id: number) {
  const who = await findKnown(db, id);
  if (!who) throw new Problem(404, `there is no person ${id}`);
  const headers = { 'Content-Disposition': `attachment; filename="person-${id}.json"` };
  return {
    headers,
    body: { person_id: id, made_at: now.toISOString(), tables: await withoutOthers(db, who, await ownRows(db, who)) },
  };
}

/** What is kept of people: as a file, with their consent, and no longer (R30, R31). */
export const ownDataRoutes = [
  route({
    ...shared,
    method: 'get',
    path: `${path}/data`,
    summary: 'Everything that is kept of somebody, as a file, and nothing of others (R31)',
    scope: 'records:read',
    params: idParams,
    responses: { 200: ownData.meta({ id: 'OwnData' }) },
    async handle({ params }, context) {
      if (context.whose.everything) demandScope(context.caller, 'money:read', 'it holds payments and invoices');
      return fileOf(context, params.id);
    },
  }),
  route({
    method: 'get',
    path: '/me/data',
    tag: 'me',
    scope: null,
    summary: 'Everything that is kept of me, as a file',
    responses: { 200: ownData.meta({ id: 'MyData' }) },
    handle: (_input, context) => fileOf(context, context.caller.person!.id),
  }),
  route({
    ...shared,
    method: 'post',
    path: `${path}/erase`,
    summary: 'Erase somebody: name, contacts, notes and messages go, ledgers stay; 409 names what stands against it (R31)',
    scope: 'records:write',
    transaction: true,
    params: idParams,
    body: z.strictObject({ dry_run: isDry }),
    bodyOptional: true,
    responses: {
      200: erasureRow.extend({ dry_run: z.boolean() }).meta({ id: 'Erasure' }),
      409: problemBody.extend({ obstacles: z.array(erasureObstacle).optional() }).meta({ id: 'NotErasable' }),
    },
    async handle({ params, body: { dry_run } }, context) {
      demandScope(context.caller, 'money:write', 'it says what is owed and paid, and it is for good');
      const { db, caller, now, fleet } = context;
      const act = async (transaction: Context['db']) => ({
        ...(await erase(transaction, params.id, { by: caller.name, now })),
        dry_run,
      });
      if (dry_run) return { body: await undone(context, act) };
      // What cannot be written now is with the next backup.
      const afterwards = async () => {
        await fileErasures(fleet.db, fleet.settings.backupDir).catch(() => undefined);
        return undefined;
      };
      return { body: await act(db), afterwards };
    },
  }),
  route({
    ...shared,
    method: 'get',
    path: '/api/erasures',
    summary: 'Acts of who was erased: a number, when and by whom; the latest first',
    scope: 'records:read',
    query: z.strictObject(pageQuery),
    responses: { 200: pageOf(erasureRow.meta({ id: 'ErasureAct' })) },
    async handle({ query: { cursor, limit } }, { db }) {
      const after = readCursor(cursor, z.tuple([instantCursor, idCursor]));
      const rows = await listErasures(db, { after, limit: limit + 1 });
      return { body: page(rows, limit, (row) => [row.erased_at, row.user_id]) };
    },
  }),
  route({
    ...shared,
    method: 'get',
    path: '/api/erasures/{id}/act.svg',
    summary: 'The act of an erasure with the extract of the log, A4, to print and sign (R30)',
    scope: 'records:read',
    produces: 'image/svg+xml',
    params: idParams,
    responses: { 200: z.string() },
    async handle({ params }, { db, fleet: { settings } }) {
      const act = await findErasure(db, params.id);
      if (!act) throw new Problem(404, `nobody of the number ${params.id} was erased`);
      const person = /^person:(\d+)$/.exec(act.erased_by)?.[1];
      const [eraser] = person ? await namesOf(db, [Number(person)]) : [];
      const content = erasureActOf(act, {
        ...(await linesOfErasure(db, params.id, MOST_LINES)),
        studio: (await findCompany(db))?.name ?? '',
        by: eraser ? `${eraser.first_name} ${eraser.last_name}`.trim() : null,
        zone: settings.zone,
        locale: settings.locale,
      });
      return pageAnswer(`erasure-${params.id}`, content);
    },
  }),
  route({
    ...shared,
    method: 'get',
    path: `${path}/consents`,
    summary: 'What somebody has consented to, the latest first',
    scope: 'records:read',
    params: idParams,
    responses: { 200: z.object({ items: z.array(consentItem) }) },
    async handle({ params }, { db, now, fleet }) {
      if (!(await isPerson(db, params.id))) throw new Problem(404, `there is no person ${params.id}`);
      const { zone } = fleet.settings;
      return { body: { items: await listConsents(db, params.id, { today: dayOf(now, zone), zone }) } };
    },
  }),
  route({
    ...shared,
    method: 'post',
    path: `${path}/consents`,
    summary: 'Consent to a text; for a child a guardian does; the same one again changes nothing',
    scope: 'records:write',
    transaction: true,
    params: idParams,
    body: z
      .strictObject({
        kind: oneOf(consentKinds),
        text_version: textField(100),
        given_by: idOf('who signed; by default the person, or of a child a guardian').optional(),
      })
      .meta({ examples: [{ kind: 'processing', text_version: '2026-11' }] }),
    responses: { 201: consentItem },
    async handle({ params, body }, context) {
      const { whose, caller } = context;
      const givenBy = whose.everything ? body.given_by : caller.personId;
      const wish = { kind: body.kind, textVersion: body.text_version, givenBy };
      return { status: 201, body: await consent(context.db, params.id, wish, context) };
    },
  }),
  route({
    ...shared,
    method: 'post',
    path: `${path}/consents/{consent_id}/withdraw`,
    summary: 'Take a consent back: marketing stops at once; without the one to keep data a task says by when to erase it (R30)',
    scope: 'records:write',
    transaction: true,
    params: idParams.extend({ consent_id: idParams.shape.id }),
    responses: { 200: consentItem },
    handle: async ({ params }, context) => ({
      body: await withdraw(context.db, params.id, params.consent_id, context),
    }),
  }),
] as const;
