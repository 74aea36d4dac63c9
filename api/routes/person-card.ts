import { z } from 'zod';
import { dayOf } from '../../queues/time/calendar.ts';
import { anyDay } from '../../queues/time/days.ts';
import { notifyPeople } from '../../sql/notifications/notify.ts';
import { cardRow, findCard } from '../../sql/people/card.ts';
import { hasConsent } from '../../sql/people/consents.ts';
import { addNote, deleteNote, noteRow } from '../../sql/people/notes.ts';
import { listTimeline, type TimelineKind, type TimelineRow, timelineKinds, timelineRow } from '../../sql/people/timeline.ts';
import { whyKinds } from '../../sql/why/rows.ts';
import { cancellers } from '../../workers/bookings/cancel.ts';
import { textOfMessage } from '../../workers/notifier/templates/plain-text.ts';
import { bookingsCancelled, cancelBookings } from '../../workers/people/cancel-bookings.ts';
import { demandScope } from '../../workers/rights.ts';
import { explanation } from '../../workers/why/answer.ts';
import { explain } from '../../workers/why/explain.ts';
import { idCursor, idParams, instantCursor, page, pageOf, pageQuery, readCursor, wholeText } from '../http/paging.ts';
import { Problem, unacceptable } from '../http/problems.ts';
import { type Context, route } from '../http/route.ts';
import { textField } from '../http/text.ts';
import { undone } from '../http/undone.ts';
import { isDry, oneOf } from './fields.ts';
import { reasonBody } from './money.ts';

const shared = { tag: 'people', params: idParams } as const;
const path = '/api/people/{id}';
const cardItem = cardRow.meta({ id: 'PersonCard' });
const lineItem = timelineRow.omit({ params: true, locale: true }).meta({ id: 'TimelineEntry' });

async function demandCard(db: Context['db'], id: number, now: Date) {
  const card = await findCard(db, id, now.toISOString());
  if (!card) throw new Problem(404, `there is no person ${id}`);
  return card;
}

/** Kinds as a query lists them, with commas; all of them where none are named. */
function kindsOf(given: string | undefined): readonly TimelineKind[] {
  if (given === undefined) return timelineKinds;
  const kinds = given.split(',').filter((kind): kind is TimelineKind => timelineKinds.some((known) => known === kind));
  if (kinds.length !== given.split(',').length) throw unacceptable('kinds', `of ${timelineKinds.join(', ')}`, 'query');
  return [...new Set(kinds)];
}

/** A client's card: what the desk asks of somebody in one look, and does for them. */
export const personCardRoutes = [
  route({
    ...shared,
    method: 'get',
    path: `${path}/card`,
    summary: 'Somebody’s card: who they are, who pays, whom they pay for, what is in the wallet and what is owed',
    scope: 'money:read',
    responses: { 200: cardItem },
    async handle({ params }, { db, caller, now }) {
      demandScope(caller, 'records:read', 'it holds contacts');
      return { body: await demandCard(db, params.id, now) };
    },
  }),
  route({
    ...shared,
    method: 'get',
    path: `${path}/timeline`,
    summary: 'What was and will be with somebody, the latest first: visits, money, subscriptions, bookings, messages, notes',
    scope: 'money:read',
    query: z.strictObject({
      kinds: textField(100)
        .optional()
        .meta({ description: `of ${timelineKinds.join(', ')}, with commas; by default all`, examples: ['visits,money'] }),
      ...pageQuery,
    }),
    responses: { 200: pageOf(lineItem) },
    async handle({ params, query }, { db, caller, now, fleet: { settings } }) {
      demandScope(caller, 'records:read', 'it holds visits and messages');
      const kinds = kindsOf(query.kinds);
      await demandCard(db, params.id, now);
      const before = readCursor(query.cursor, z.tuple([instantCursor, z.string().max(20), idCursor]));
      const rows = await listTimeline(db, params.id, { kinds, before, limit: query.limit + 1 });
      const shown = ({ params: said, locale, ...row }: TimelineRow) =>
        row.kind === 'message'
          ? { ...row, text: textOfMessage({ template: row.what ?? '', params: said, locale }, settings) }
          : row;
      return { body: page(rows.map(shown), query.limit, (row) => [row.at, row.kind, row.id]) };
    },
  }),
  route({
    ...shared,
    method: 'post',
    path: `${path}/notes`,
    summary: 'Note something on somebody’s card, for the studio alone',
    scope: 'records:write',
    transaction: true,
    body: z.strictObject({ note: textField(2_000) }),
    responses: { 201: noteRow.meta({ id: 'PersonNote' }) },
    async handle({ params, body }, { db, caller, now }) {
      await demandCard(db, params.id, now);
      return { status: 201, body: await addNote(db, { userId: params.id, note: body.note, author: caller.name }) };
    },
  }),
  route({
    ...shared,
    method: 'delete',
    path: `${path}/notes/{note_id}`,
    summary: 'Delete a note of a card',
    scope: 'records:write',
    transaction: true,
    params: idParams.extend({ note_id: idParams.shape.id }),
    responses: { 204: z.undefined() },
    async handle({ params }, { db }) {
      if (!(await deleteNote(db, { userId: params.id, id: params.note_id })))
        throw new Problem(404, `there is no note ${params.note_id} of person ${params.id}`);
      return { status: 204, body: undefined };
    },
  }),
  route({
    ...shared,
    method: 'post',
    path: `${path}/messages`,
    summary: 'Write to somebody, by whichever channel reaches them',
    scope: 'records:write',
    transaction: true,
    body: z.strictObject({
      text: textField(2_000),
      is_marketing: z
        .boolean({ error: 'true or false' })
        .default(false)
        .meta({ description: 'true: an offer; it needs a consent to marketing, and ends with it (R30)', examples: [false] }),
    }),
    responses: { 202: z.object({ queued: z.boolean() }) },
    async handle({ params, body }, { db, now, requestId, fleet }) {
      await demandCard(db, params.id, now);
      const { zone } = fleet.settings;
      if (body.is_marketing && !(await hasConsent(db, params.id, 'marketing', { today: dayOf(now, zone), zone })))
        throw new Problem(409, `person ${params.id} has not consented to marketing`);
      const dedupe = `studio_wrote:${params.id}:${requestId}`;
      const count = await notifyPeople(db, [
        { userId: params.id, template: 'studio_wrote', params: { text: body.text, is_marketing: body.is_marketing }, dedupe },
      ]);
      return { status: 202, body: { queued: count > 0 } };
    },
  }),
  route({
    ...shared,
    method: 'post',
    path: `${path}/bookings/cancel`,
    summary: 'Cancel all bookings to come of a client, each by its own rules; all of them or none',
    scope: 'bookings:write',
    transaction: true,
    body: reasonBody.extend({
      by: oneOf(cancellers).default('client').meta({ description: 'whose wish it is; by the studio everything goes back' }),
      dry_run: isDry,
    }),
    responses: { 200: bookingsCancelled.extend({ dry_run: z.boolean() }).meta({ id: 'BookingsCancelled' }) },
    async handle({ params, body: { reason, by, dry_run } }, context) {
      await demandCard(context.db, params.id, context.now);
      const act = async (db: Context['db']) => ({
        ...(await cancelBookings(db, params.id, { reason, by }, { ...context, db })),
        dry_run,
      });
      return { body: dry_run ? await undone(context, act) : await act(context.db) };
    },
  }),
  route({
    method: 'get',
    path: '/api/why',
    summary:
      'Why an amount or a count is what it is: from the entry in the ledger to the charge, the rule, the run or person, and the messages',
    tag: 'people',
    scope: 'money:read',
    query: z.strictObject({ of: oneOf(whyKinds), id: wholeText(2_147_483_647, 'a whole number', 0), day: anyDay.optional() }),
    responses: { 200: explanation.meta({ id: 'Explanation' }) },
    handle: async ({ query }, context) => ({ body: await explain(context, query) }),
  }),
] as const;
