import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';

/** A booking or a training that somebody has to move or cancel: it stands until then. */
export const meetingRow = z.object({ kind: z.enum(['booking', 'training']), id: z.int(), starts_at: z.iso.datetime() });

const timedMeeting = meetingRow.extend({ ends_at: z.iso.datetime() });
export type TimedMeeting = z.output<typeof timedMeeting>;

/** A meeting as an answer names it. */
export const meetingOf = ({ kind, id, starts_at }: TimedMeeting): z.output<typeof meetingRow> => ({ kind, id, starts_at });

/** Of a specialist, or at a location. */
export type CalendarOwner = { specialist_id: number } | { location_id: number };

/**
 * What is live in a span of time, in order of its start: a specialist's bookings and the trainings he gives, or the bookings at a
 * location, the trainings in its rooms and those without a room whose trainer is there. A booking lasts until the client may go; its
 * break does not count. A hold that is over is no meeting.
 * @param absence.from_at an instant, as is `absence.to_at`, which is no part of the span
 */
export const meetingsIn = (db: Sql, absence: CalendarOwner & { from_at: string; to_at: string }) =>
  db.any(sql.type(timedMeeting)`
    select 'booking' as kind, id, starts_at, ends_at from bookings
    where ${bookingsOf(absence)} and status in ('PENDING', 'CONFIRMED') and (held_until is null or held_until > now())
      and ${meets(absence)}
    union all
    select 'training', id, starts_at, ends_at from real_trainings
    where ${trainingsOf(absence)} and status = 'scheduled' and ${meets(absence)}
    order by starts_at, kind, id`);

const meets = ({ from_at, to_at }: { from_at: string; to_at: string }) =>
  sql.fragment`tstzrange(starts_at, ends_at) && tstzrange(${from_at}::timestamptz, ${to_at}::timestamptz)`;

/** No index knows where a booking is; it lasts twelve hours at most, so the one on starts_at finds those that may be in the span. */
const bookingsOf = (absence: CalendarOwner & { from_at: string; to_at: string }) =>
  'specialist_id' in absence
    ? sql.fragment`specialist_id = ${absence.specialist_id}`
    : sql.fragment`location_id = ${absence.location_id}
      and starts_at > ${absence.from_at}::timestamptz - interval '12 hours' and starts_at < ${absence.to_at}::timestamptz`;

const trainingsOf = (absence: CalendarOwner) =>
  'specialist_id' in absence
    ? sql.fragment`trainer_id = ${absence.specialist_id}`
    : sql.fragment`(room_id in (select id from rooms where location_id = ${absence.location_id})
      or room_id is null and trainer_id in (select id from specialists where location_id = ${absence.location_id}))`;
