import { z } from 'zod';
import { occupied, rangeOf } from '../calendar/occupied.ts';
import { type Sql, sql } from '../database/database.ts';
import type { Span as CalendarSpan } from './calendar.ts';
import { freeRoom, isBookedAt, needsNoRoom, type Place } from './rooms.ts';

const spans = z.array(z.tuple([z.number(), z.number()]));
const takenRoom = z.object({ location_id: z.int(), is_booked: z.boolean(), taken: spans });
/** A room, whether its location is one that is booked, and when bookings (with their breaks) and trainings have it: from and to, in milliseconds. */
export type TakenRoom = z.output<typeof takenRoom>;

type Span = Pick<CalendarSpan, 'from' | 'to' | 'except'>;
/**
 * The active rooms of a service and when they are taken around a span of time; null for a service without rooms, which is given
 * anywhere. A hold that is over takes nothing: whoever books ends it.
 * @param wanted.roomId the one room it has to be, or any
 */
export const readTakenRooms = (
  db: Sql,
  { serviceId, roomId }: { serviceId: number; roomId?: number },
  span: Span,
): Promise<TakenRoom[] | null> =>
  db.oneFirst(sql.prepared('read_taken_rooms', z.object({ rooms: z.array(takenRoom).nullable() }))`
    select case when exists (select from service_rooms where service_id = ${serviceId}) then coalesce((
      select json_agg(json_build_object('location_id', room.location_id,
        'is_booked', ${isBookedAt(sql.fragment`room.location_id`)}, 'taken', coalesce((
          select ${pairs('since', 'until')} from (
            select starts_at as since, busy_until as until from bookings
            where room_id = room.id and ${livesIn(span)} and tstzrange(starts_at, busy_until) && ${rangeOf(span)}
            union all
            select starts_at, ends_at from real_trainings
            where room_id = room.id and status <> 'cancelled' and tstzrange(starts_at, ends_at) && ${rangeOf(span)}
          ) as busy), '[]')))
      from service_rooms allowed join rooms room on room.id = allowed.room_id and room.is_active
      where allowed.service_id = ${serviceId} and (${roomId ?? null}::int is null or room.id = ${roomId ?? null})), '[]')
    end as rooms`);

/** When a client has something, in whatever capacity, around a span of time; from and to, in milliseconds. */
export const readTakenClient = (db: Sql, clientId: number, span: Span): Promise<TakenRoom['taken']> =>
  db.oneFirst(sql.prepared('read_taken_client', z.object({ taken: spans }))`
    select coalesce(${pairs('since', 'until')}, '[]') as taken
    from (
      select greatest(lower(during), ${span.from}::timestamptz) as since, least(upper(during), ${span.to}::timestamptz) as until, booking_id
      from (${occupied(sql.fragment`${clientId}::int`, rangeOf(span))}) as occupied
    ) as occupied left join bookings on bookings.id = booking_id
    where booking_id is distinct from ${span.except ?? 0}::int and (held_until is null or held_until > now())`);

/** Spans as one array: 3,600 of them took 12 ms, and 29 ms as a JSON value each. */
const pairs = (from: string, to: string) => sql.fragment`to_json(array_agg(array[${milliseconds(from)}, ${milliseconds(to)}]))`;
const milliseconds = (column: string) => sql.fragment`date_part('epoch', ${sql.identifier([column])}) * 1000`;
const livesIn = ({ except = 0 }: Span) =>
  sql.fragment`is_live and id <> ${except} and (held_until is null or held_until > now())`;

type Wanted = Place & { clientId: number; specialistId: number; durationMinutes: number };
const reasons = z.object({
  specialist: z.boolean(),
  client: z.string().nullable(),
  room: z.boolean(),
  /** Somebody there is still paying, and may fail to. */
  is_held: z.boolean(),
});

/**
 * Which of the three a booking found taken; of the client, the words for what he has then, in whatever capacity. None of them:
 * somebody was faster to a room and another one is still free.
 */
export const whatIsTaken = (db: Sql, wanted: Wanted) =>
  db.one(sql.type(reasons)`
    select
      exists (select from bookings where specialist_id = ${wanted.specialistId} and is_live
        and tstzrange(starts_at, busy_until) && ${span(wanted, wanted.busyMinutes)}) as specialist,
      exists (select from bookings where status = 'PENDING' and held_until > clock_timestamp()
        and (specialist_id = ${wanted.specialistId} or client_id = ${wanted.clientId} or room_id is not null)
        and starts_at < ${wanted.startsAt}::timestamptz + make_interval(mins => ${wanted.busyMinutes})
        and busy_until > ${wanted.startsAt}::timestamptz and starts_at > ${wanted.startsAt}::timestamptz - interval '2 days') as is_held,
      (select words from what_meets('client', ${wanted.clientId}::int, null, ${span(wanted, wanted.durationMinutes)}, null, ${wanted.except ?? null}::int)) as client,
      not (exists (${freeRoom(wanted)}) or ${needsNoRoom(wanted)}) as room`);

const span = (wanted: Wanted, minutes: number) =>
  sql.fragment`tstzrange(${wanted.startsAt}::timestamptz, ${wanted.startsAt}::timestamptz + make_interval(mins => ${minutes}))`;
