import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';

/** Where something in a room (`rooms`, of a `location`) is: the location, its address and the room; null where none of it is known. */
export const placeOfRoom = sql.fragment`
  nullif(concat_ws(', ', location.name, nullif(location.address, ''), rooms.name), '') as place`;

/** The same of a booking, which may be at a location in no room; null where nothing is known. */
export const whereIsBooking = (db: Sql, id: number): Promise<string | null> =>
  db.maybeOneFirst(sql.type(z.object({ place: z.string().nullable() }))`
    select ${placeOfRoom} from bookings booking
    left join locations location on location.id = booking.location_id
    left join rooms on rooms.id = booking.room_id
    where booking.id = ${id}`);
