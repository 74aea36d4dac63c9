import { z } from 'zod';
import { endOfDay, startOfDay } from '../../queues/time/calendar.ts';
import { anyDay, exampleDay } from '../../queues/time/days.ts';
import { meetingOf, meetingRow, meetingsIn } from '../../sql/calendar/meetings.ts';
import { liesWithin } from '../../workers/slots/lies-within.ts';
import { cellsOfOverride } from '../../workers/slots/week.ts';
import { intervals } from '../../workers/slots/work-schedule.ts';
import { zoneDay } from '../../workers/slots/zone-days.ts';
import { type Context, type Route, route } from '../http/route.ts';
import { textField } from '../http/text.ts';
import { id, idOf } from './fields.ts';
import { intervalsRow, plain, type RecordDeclaration } from './plain-record.ts';

const overrideRow = z.object({
  id: z.int(),
  specialist_id: z.int().nullable(),
  location_id: z.int().nullable(),
  day: z.iso.date(),
  intervals: intervalsRow,
  reason: z.string().nullable(),
});
const answer = overrideRow
  .extend({
    meetings: z.array(meetingRow).meta({ description: 'bookings and trainings of that day outside its hours; they stand' }),
  })
  .meta({ id: 'CalendarOverrideWithMeetings' });

/** What replaces a schedule for a day; the answer lists what no longer lies in the hours. */
export const calendarOverrides: RecordDeclaration = {
  ...plain(
    'calendar_overrides',
    'calendar override',
    {
      specialist_id: idOf('the specialist whose day it is; or else a location_id is given').nullable().optional(),
      location_id: id.nullable().optional(),
      day: anyDay,
      intervals,
      reason: textField(500).nullable().optional(),
    },
    overrideRow.shape,
    ['specialist_id', 'location_id', 'day'],
  ),
  isDeletable: true,
  rule: ({ specialist_id, location_id }) =>
    (specialist_id == null) === (location_id == null)
      ? { path: 'specialist_id', message: 'either specialist_id or location_id' }
      : null,
  get example() {
    return { specialist_id: 1, day: exampleDay(7), intervals: [['10:00', '15:00']], reason: 'a short day' };
  },
  answer: { schema: answer, of: withMeetings },
};

async function withMeetings(record: Record<string, unknown>, context: Context) {
  const override = overrideRow.parse(record);
  return { ...override, meetings: await meetingsOutside(override, context) };
}

type Hours = Pick<z.output<typeof overrideRow>, 'specialist_id' | 'location_id' | 'day' | 'intervals'>;

async function meetingsOutside(override: Hours, { db, fleet: { settings } }: Context) {
  const shown = zoneDay(override.day, settings.zone);
  const work = cellsOfOverride(override.intervals);
  const meetings = await meetingsIn(db, {
    ...whoseOf(override),
    from_at: startOfDay(override.day, settings.zone),
    to_at: endOfDay(override.day, settings.zone),
  });
  const outside = meetings.filter(
    (meeting) => !liesWithin(shown, work, Date.parse(meeting.starts_at), Date.parse(meeting.ends_at)),
  );
  return outside.map(meetingOf);
}

/** The table holds one of the two. */
const whoseOf = ({ specialist_id, location_id }: Hours) =>
  specialist_id === null ? { location_id: Number(location_id) } : { specialist_id };

/** What an override would run into, before anybody enters it. */
export const overridePreviewRoutes: Route[] = [
  route({
    method: 'post',
    path: '/api/calendar-overrides/preview',
    summary: 'What would lie outside the hours of a calendar override; nothing is entered',
    tag: 'calendar-overrides',
    scope: 'records:read',
    body: z
      .strictObject({
        specialist_id: idOf('the specialist whose day it is; or else a location_id is given').nullable().default(null),
        location_id: id.nullable().default(null),
        day: anyDay,
        intervals,
      })
      .refine(({ specialist_id, location_id }) => (specialist_id === null) !== (location_id === null), {
        path: ['specialist_id'],
        error: 'either specialist_id or location_id',
      })
      .meta({
        get examples() {
          return [{ specialist_id: 1, day: exampleDay(7), intervals: [] }];
        },
      }),
    responses: { 200: z.object({ meetings: answer.shape.meetings }).meta({ id: 'CalendarOverridePreview' }) },
    handle: async ({ body }, context) => ({ body: { meetings: await meetingsOutside(body, context) } }),
  }),
];
