import { z } from 'zod';
import { addDays, type Day, dayOf, daysBetween, endOfDay, startOfDay } from '../../queues/time/calendar.ts';
import { anyDay } from '../../queues/time/days.ts';
import { openHours, openHoursRow } from '../../sql/board/hours.ts';
import { boardDayRow, countDays } from '../../sql/board/month.ts';
import { handedOver, handOver, wouldHandOver } from '../../workers/trainings/hand-over.ts';
import { inOrder } from '../http/paging.ts';
import { problemBody, unacceptable } from '../http/problems.ts';
import { route } from '../http/route.ts';
import { id, idOf, isDry, whole } from './fields.ts';

/** As many days as the weeks of a month touch, and some. */
const MOST_DAYS = 62;

const span = inOrder(
  z.strictObject({
    from: anyDay.optional().meta({ description: 'by default today' }),
    to: anyDay.optional().meta({ description: `inclusive, at most ${MOST_DAYS} days; by default four weeks` }),
  }),
  'from',
  'to',
);

/** The days asked for. @throws Unacceptable for more than so many */
function daysAsked({ from, to }: z.output<typeof span>, today: Day): Day[] {
  const first = from ?? today;
  const count = daysBetween(first, to ?? addDays(first, 27)) + 1;
  if (count < 1 || count > MOST_DAYS) throw unacceptable('to', `from on, at most ${MOST_DAYS} days`, 'query');
  return Array.from({ length: count }, (_, at) => addDays(first, at));
}

/** What the board asks beside single trainings and bookings. */
export const boardRoutes = [
  route({
    method: 'get',
    path: '/api/board/days',
    summary: 'What stands on each of some days: counts of trainings, bookings and absences, and whether the studio is closed',
    tag: 'real-trainings',
    scope: 'records:read',
    query: span,
    responses: { 200: z.object({ items: z.array(boardDayRow.meta({ id: 'BoardDay' })) }) },
    async handle({ query }, { db, fleet, whose, now }) {
      const { zone } = fleet.settings;
      const days = daysAsked(query, dayOf(now, zone));
      const spans = days.map((day) => ({ day, begins: startOfDay(day, zone), ends: endOfDay(day, zone) }));
      return { body: { items: await countDays(db, spans, whose) } };
    },
  }),
  route({
    method: 'get',
    path: '/api/board/hours',
    summary: 'When each location is open on some days, and on which days specialists work other hours than usual',
    tag: 'real-trainings',
    scope: 'records:read',
    query: span,
    responses: { 200: z.object({ items: z.array(openHoursRow.meta({ id: 'OpenHours' })) }) },
    async handle({ query }, { db, fleet, now }) {
      const days = daysAsked(query, dayOf(now, fleet.settings.zone));
      return { body: { items: await openHours(db, days[0]!, days.at(-1)!) } };
    },
  }),
  route({
    method: 'post',
    path: '/real-trainings/hand-over',
    summary: 'Give several trainings to another trainer, all of them or none; one undo takes all of it back',
    tag: 'real-trainings',
    scope: 'records:write',
    body: z
      .strictObject({
        items: z
          .array(z.strictObject({ id, version: whole(1, 2_147_483_647).meta({ description: 'the version you saw' }) }))
          .min(1, { error: 'at least one training' })
          .max(50, { error: 'at most 50 trainings' })
          .refine((items) => new Set(items.map((item) => item.id)).size === items.length, { error: 'each training once' }),
        trainer_id: idOf('who gives them then'),
        dry_run: isDry,
      })
      .meta({ examples: [{ items: [{ id: 1, version: 1 }], trainer_id: 2, dry_run: true }] }),
    responses: { 200: handedOver, 409: problemBody.extend({ items: handedOver.shape.items.optional() }) },
    async handle({ body: { dry_run, ...wish } }, context) {
      return { body: dry_run ? await wouldHandOver(wish, context) : await handOver(wish, context) };
    },
  }),
] as const;
