import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';
import { freeRoom, needsNoRoom, type Place } from './rooms.ts';

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
export const whatIsTaken = (db: Sql, of: Wanted) =>
  db.one(sql.type(reasons)`
    select
      exists (select from bookings where specialist_id = ${of.specialistId} and is_live
        and tstzrange(starts_at, busy_until) && ${span(of, of.busyMinutes)}) as specialist,
      exists (select from bookings where status = 'PENDING' and held_until > clock_timestamp()
        and (specialist_id = ${of.specialistId} or client_id = ${of.clientId} or room_id is not null)
        and starts_at < ${of.startsAt}::timestamptz + make_interval(mins => ${of.busyMinutes})
        and busy_until > ${of.startsAt}::timestamptz and starts_at > ${of.startsAt}::timestamptz - interval '2 days') as is_held,
      (select words from what_meets('client', ${of.clientId}::int, null, ${span(of, of.durationMinutes)}, null, ${of.except ?? null}::int)) as client,
      not (exists (${freeRoom(of)}) or ${needsNoRoom(of)}) as room`);

const span = (of: Wanted, minutes: number) =>
  sql.fragment`tstzrange(${of.startsAt}::timestamptz, ${of.startsAt}::timestamptz + make_interval(mins => ${minutes}))`;
